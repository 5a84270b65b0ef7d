/** Figures of reports brought into the page: known elements and attributes alone, so that a file by anybody draws and does nothing else. */

const ELEMENTS = new Set(
  'svg g path circle ellipse line rect polygon polyline text tspan title desc clipPath defs'.split(' '),
);
const ATTRIBUTES = new Set(
  (
    'd transform x y x1 x2 y1 y2 cx cy r rx ry dx dy points width height viewBox fill fill-opacity fill-rule stroke stroke-width ' +
    'stroke-opacity stroke-dasharray stroke-linecap stroke-linejoin stroke-miterlimit opacity font-size font-family font-weight font-style ' +
    'font-variant text-anchor dominant-baseline paint-order clip-path id class role aria-label aria-hidden color'
  ).split(' '),
);
const NAMESPACE = 'http://www.w3.org/2000/svg';

/**
 * Returns the drawing of an SVG document as an element of this page. Scripts, styles, handlers, links and whatever else is not named here are
 * left out, and names of clip paths become unique on the page.
 * @param prefix - what names begin with
 * @throws Error with a sentence where the text is no SVG
 */
export function drawingOf(text: string, prefix: string): SVGSVGElement {
  // the policy of the page complains of styles and handlers even in a document that is never shown
  const bare = text
    .replace(/<style\b[^>]*>[\s\S]*?<\/style>/g, '')
    .replace(/\s(?:style|on\w+)\s*=\s*(?:"[^"]*"|'[^']*')/gi, '');
  const parsed = new DOMParser().parseFromString(bare, 'image/svg+xml').documentElement;
  if (parsed.nodeName !== 'svg' || parsed.namespaceURI !== NAMESPACE)
    throw new Error('The figure is not readable as SVG; the file is damaged.');
  return copy(parsed, prefix) as SVGSVGElement;
}

function copy(source: Element, prefix: string): SVGElement {
  const made = document.createElementNS(NAMESPACE, source.nodeName) as SVGElement;
  for (const { name, value } of source.attributes)
    if (ATTRIBUTES.has(name) && !/javascript:|expression\(/i.test(value)) {
      if (name === 'id') made.setAttribute('id', prefix + value);
      else if (/url\(/i.test(value)) {
        const [, id] = /^url\(#([\w.-]+)\)$/.exec(value) ?? [];
        if (id !== undefined) made.setAttribute(name, `url(#${prefix}${id})`);
      } else made.setAttribute(name, value);
    }
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) made.append(child.textContent ?? '');
    else if (child instanceof Element && child.namespaceURI === NAMESPACE && ELEMENTS.has(child.nodeName))
      made.append(copy(child, prefix));
  }
  return made;
}
