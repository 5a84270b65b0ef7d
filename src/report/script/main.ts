/**
 * What a page of figures does where scripts run: values under the pointer, series that the legend switches, buttons that save a figure. It is bundled
 * into one small script that every page holds; without it a page is whole, and only its buttons are missing.
 */
import { pdfOf } from '../pdf/writer.js';

/** Width of a picture in pixels, which prints at 300 dpi over 13 cm. */
const WIDTH = 1520;

function make<K extends keyof HTMLElementTagNameMap>(tag: K, parent: Element, text = ''): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  e.textContent = text;
  parent.append(e);
  return e;
}

/** A number with four digits; large and small ones with a power of ten. */
function show(text: string): string {
  const v = +text;
  const [digits, power] = v.toExponential(3).split('e');
  const raised = () => [...power].map((c) => (c === '+' ? '' : ('⁰¹²³⁴⁵⁶⁷⁸⁹'[+c] ?? '⁻'))).join('');
  return !power ? text : +power > -4 && +power < 5 ? `${+v.toPrecision(4)}` : `${+digits}×10${raised()}`;
}

for (const figure of document.querySelectorAll('figure')) {
  const plot = figure.querySelector('.plot');
  const data = figure.querySelector('template');
  if (!plot || !data) continue;

  // the table: cells as they are written; an empty name stands for the one above
  const roles = data.dataset.roles!;
  const names = roles.search(/[^smc]/);
  let above: string[] = [];
  const table = data.content
    .textContent!.trim()
    .split('\n')
    .map((line) => {
      const row = [...line.matchAll(/("([^"]|"")*"|[^,]*)(,|$)/g)].slice(0, roles.length).map((m) => m[1]);
      if (!row[0]) row.splice(0, names, ...above.slice(0, names));
      above = row;
      return row;
    });
  const [head, ...rows] = table.map((row) => row.map((cell) => cell.replace(/^"|"$/g, '').replaceAll('""', '"')));
  const [S, X, Y, A, B, L, H] = [...'sxyablh'].map((role) => roles.indexOf(role));
  /** Entries of the legend by their words, and those that are switched off. */
  const entries: Record<string, string> = {};
  const off = new Set<string>();

  /** The drawing as it is shown, without what the page needs. */
  const copy = () => {
    const svg = plot.firstElementChild!.cloneNode(true) as SVGSVGElement;
    for (const e of svg.querySelectorAll('[data-off]')) e.remove();
    for (const e of [svg, ...svg.querySelectorAll('*')])
      for (const { name } of [...e.attributes]) if (/^(data|tab|role|aria-p)/.test(name)) e.removeAttribute(name);
    return svg;
  };
  const text = (svg: Element) => new XMLSerializer().serializeToString(svg);
  const save = (ending: string, content: BlobPart) => {
    const a = document.createElement('a');
    a.href = URL.createObjectURL(new Blob([content]));
    a.download = figure.id.slice(7) + ending;
    a.click();
  };
  const tools = make('div', figure);
  plot.after(tools);
  tools.className = 'tools';
  const actions: Record<string, (b: HTMLButtonElement) => unknown> = {
    SVG: () => save('.svg', text(copy())),
    async PNG() {
      const svg = copy();
      const { width, height } = svg.viewBox.baseVal;
      svg.setAttribute('width', `${WIDTH}`);
      svg.setAttribute('height', `${(height / width) * WIDTH}`);
      const image = new Image();
      image.src = `data:image/svg+xml,${encodeURIComponent(text(svg))}`;
      await image.decode();
      const canvas = make('canvas', tools);
      canvas.remove();
      canvas.width = WIDTH;
      canvas.height = image.height;
      const c = canvas.getContext('2d')!;
      c.fillStyle = '#fff';
      c.fillRect(0, 0, WIDTH, image.height);
      c.drawImage(image, 0, 0);
      canvas.toBlob((b) => save('.png', b!));
    },
    async PDF() {
      const letters = document.querySelector<HTMLTemplateElement>('#letters')!;
      const font = JSON.parse(letters.content.textContent!);
      font.head = atob(font.head);
      save('.pdf', await pdfOf(copy(), font));
    },
    CSV: () => save('.csv', `${table.join('\r\n')}\r\n`),
    async Link(button) {
      location.hash = figure.id;
      await navigator.clipboard.writeText(location.href);
      button.textContent = 'Copied';
    },
  };
  for (const [label, act] of Object.entries(actions)) {
    const button = make('button', tools, label);
    button.onclick = () => act(button);
  }

  const tip = make('div', plot);
  tip.className = 'tip';
  tip.hidden = true;
  const box = make('p', tip);
  for (const svg of plot.querySelectorAll('svg')) {
    /** Pixels of a value, by the axis as the drawing states it. */
    const pixels = (axis: string) => {
      const [kind, ...ends] = axis.split(' ');
      const f = kind === 'log' ? Math.log : Number;
      const [a, b, from, to] = ends.map(Number);
      return (v: string) => from + ((f(+v) - f(a)) / (f(b) - f(a))) * (to - from);
    };
    const [px, py] = [pixels(svg.dataset.x!), pixels(svg.dataset.y!)];
    svg.onpointerleave = () => {
      tip.hidden = true;
    };
    svg.onpointermove = (event) => {
      const frame = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / frame.width;
      const near = (r: string[], v: number, low: number, high: number, p: typeof px, at: number) => {
        if (r[v]) return p(r[v]);
        const [a, b] = r[low] ? [p(r[low]), p(r[high])] : [at, at];
        return Math.min(Math.max(at, Math.min(a, b)), Math.max(a, b));
      };
      const [x, y] = [(event.clientX - frame.x) * scale, (event.clientY - frame.y) * scale];
      let least = 24;
      tip.hidden = true;
      for (const r of rows) {
        if (off.has(entries[r[S]])) continue;
        const [u, v] = [near(r, X, A, B, px, x), near(r, Y, L, H, py, y)];
        // what has an extent gives way to points
        const away = Math.hypot(u - x, v - y) + (r[X] && r[Y] ? 0 : 9);
        if (!(away < least)) continue;
        least = away;
        const value = (at: number, low: number, high: number) => {
          const [l, h] = [+r[low], +r[high]];
          const even = Math.abs(l + h - 2 * +r[at]) < 0.02 * (h - l);
          const range = !r[low]
            ? ''
            : r[at] && even
              ? ` ± ${show(`${(h - l) / 2}`)}`
              : ` (${show(r[low])} to ${show(r[high])})`;
          return r[at] || range ? `\n${head[at]}: ${r[at] && show(r[at])}${range}` : '';
        };
        const more = head.map((name, k) => (roles[k] === 'e' && r[k] ? `\n${name}: ${show(r[k])}` : ''));
        box.textContent = r[S] + value(X, A, B) + value(Y, L, H) + more.join('');
        box.className = u / scale > frame.width / 2 ? 'left' : '';
        tip.style.cssText = `left:${u / scale}px;top:${v / scale}px`;
        tip.hidden = false;
      }
    };
    for (const label of svg.querySelectorAll<SVGElement>('g[data-e]')) {
      const entry = label.dataset.e!;
      entries[label.dataset.series!] = entry;
      svg.setAttribute('role', 'document');
      label.setAttribute('role', 'button');
      label.tabIndex = 0;
      label.onclick = () => {
        if (!off.delete(entry)) off.add(entry);
        for (const part of plot.querySelectorAll<SVGElement>('[data-e],[data-s]'))
          part.toggleAttribute(
            'data-off',
            (part.dataset.e ?? part.dataset.s!).split(' ').some((e) => off.has(e)),
          );
        label.setAttribute('aria-pressed', `${!off.has(entry)}`);
      };
      label.onkeydown = ({ key }) => {
        if (key === 'Enter') label.onclick!(new PointerEvent('click'));
      };
    }
  }
}
