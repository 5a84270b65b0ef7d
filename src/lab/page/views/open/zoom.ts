/** Zooming into a drawing: the part of it that is shown, in units of the drawing. */

/** A part of a drawing. */
export interface Part {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Largest magnification. */
const MOST = 40;

/** Returns the part with the proportions of the whole that holds `wanted`, inside the whole, and not smaller than the largest magnification. */
export function fitted(whole: Part, wanted: Part): Part {
  const share = Math.min(1, Math.max(1 / MOST, wanted.width / whole.width, wanted.height / whole.height));
  const [width, height] = [whole.width * share, whole.height * share];
  const within = (from: number, size: number, start: number, length: number) =>
    Math.min(start + length - size, Math.max(start, from));
  return {
    x: within(wanted.x + (wanted.width - width) / 2, width, whole.x, whole.width),
    y: within(wanted.y + (wanted.height - height) / 2, height, whole.y, whole.height),
    width,
    height,
  };
}

/** Returns the part that is `factor` times as large and keeps the point (x, y) where it is. */
export function scaledAbout(whole: Part, now: Part, factor: number, x: number, y: number): Part {
  return fitted(whole, {
    x: x - (x - now.x) * factor,
    y: y - (y - now.y) * factor,
    width: now.width * factor,
    height: now.height * factor,
  });
}

/** Shows parts of one drawing, and a box while one is being chosen. */
export class Zoom {
  private readonly svg: SVGSVGElement;
  readonly whole: Part;
  private now: Part;
  private readonly box: SVGRectElement;
  private from: readonly [number, number] | undefined;

  constructor(svg: SVGSVGElement) {
    const { x, y, width, height } = svg.viewBox.baseVal;
    this.svg = svg;
    this.whole = { x, y, width, height };
    this.now = this.whole;
    this.box = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    for (const [key, value] of Object.entries({ fill: 'currentColor', 'fill-opacity': '0.12', stroke: 'currentColor' }))
      this.box.setAttribute(key, value);
  }

  /** Units of the drawing in a pixel of the screen. */
  get scale(): number {
    return this.now.width / (this.svg.getBoundingClientRect().width || 1);
  }

  /** The place of a pointer in the drawing. */
  at(e: { readonly clientX: number; readonly clientY: number }): [x: number, y: number] {
    const { left, top } = this.svg.getBoundingClientRect();
    return [this.now.x + (e.clientX - left) * this.scale, this.now.y + (e.clientY - top) * this.scale];
  }

  /** Shows a part; the whole without one. */
  show(part: Part = this.whole): void {
    this.now = part;
    const { x, y, width, height } = part;
    this.svg.setAttribute('viewBox', `${x} ${y} ${width} ${height}`);
  }

  /** Shows more or less about the middle. */
  by(factor: number): void {
    const { x, y, width, height } = this.now;
    this.show(scaledAbout(this.whole, this.now, factor, x + width / 2, y + height / 2));
  }

  begin(e: PointerEvent): void {
    this.from = this.at(e);
  }

  /** Draws the box from where the pointer went down; returns whether there is one. */
  drag(e: PointerEvent): boolean {
    const part = this.chosen(e);
    if (!part) return false;
    for (const [key, value] of Object.entries(part)) this.box.setAttribute(key, String(value));
    this.box.setAttribute('stroke-width', String(this.scale));
    this.svg.append(this.box);
    return true;
  }

  /** Ends choosing: shows what is in the box, if there is one. */
  end(e?: PointerEvent): void {
    const part = e && this.chosen(e);
    this.from = undefined;
    this.box.remove();
    if (part) this.show(fitted(this.whole, part));
  }

  /** The box between where the pointer went down and where it is, unless it is a click. */
  private chosen(e: PointerEvent): Part | undefined {
    if (!this.from) return undefined;
    const [[x0, y0], [x1, y1]] = [this.from, this.at(e)];
    const [width, height] = [Math.abs(x1 - x0), Math.abs(y1 - y0)];
    return Math.max(width, height) > 8 * this.scale
      ? { x: Math.min(x0, x1), y: Math.min(y0, y1), width, height }
      : undefined;
  }
}
