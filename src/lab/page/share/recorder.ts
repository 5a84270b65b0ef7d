/**
 * A drawing context that records what is drawn instead of drawing it: the panels' own functions draw on it, and writers make vector
 * documents of the record. It knows the part of CanvasRenderingContext2D that panels use.
 */

/** A segment of a path in pixels: to a point, along a Bézier curve, or back to the beginning. */
export type Segment =
  | readonly ['M' | 'L', x: number, y: number]
  | readonly ['C', x1: number, y1: number, x2: number, y2: number, x: number, y: number]
  | readonly ['Z'];

export type Path = readonly Segment[];

/** A colour as canvas knows it, and its opacity. */
export interface Paint {
  readonly colour: string;
  readonly opacity: number;
}

/** One drawn thing; it is seen inside all of its clips only. */
export type Drawn = { readonly clips: readonly Path[] } & (
  | { readonly kind: 'fill'; readonly path: Path; readonly paint: Paint }
  | {
      readonly kind: 'stroke';
      readonly path: Path;
      readonly paint: Paint;
      readonly width: number;
      readonly dash: readonly number[];
    }
  | {
      readonly kind: 'text';
      readonly text: string;
      /** Left end of the baseline. */
      readonly x: number;
      readonly y: number;
      /** Radians, clockwise on the screen. */
      readonly angle: number;
      readonly size: number;
      /** Its width in pixels, to which a writer brings its own font. */
      readonly width: number;
      readonly paint: Paint;
    }
  | {
      readonly kind: 'image';
      readonly image: CanvasImageSource;
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    }
);

/** Measures texts in the font of the panels. */
export type Measure = (text: string, font: string) => number;

type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

interface State {
  readonly matrix: Matrix;
  readonly clips: readonly Path[];
  readonly fillStyle: string;
  readonly strokeStyle: string;
  readonly globalAlpha: number;
  readonly lineWidth: number;
  readonly dash: readonly number[];
  readonly font: string;
  readonly textAlign: string;
  readonly textBaseline: string;
}

/** Distance of the control points of a quarter circle. */
const QUARTER = (4 / 3) * (Math.SQRT2 - 1);

export class Recorder {
  readonly drawn: Drawn[] = [];
  fillStyle = '#000';
  strokeStyle = '#000';
  globalAlpha = 1;
  lineWidth = 1;
  font = '12px sans-serif';
  textAlign = 'start';
  textBaseline = 'alphabetic';
  lineJoin = 'miter';
  lineCap = 'butt';
  imageSmoothingEnabled = true;
  private dash: readonly number[] = [];
  private matrix: Matrix = [1, 0, 0, 1, 0, 0];
  private clips: readonly Path[] = [];
  private path: Segment[] = [];
  private readonly stack: State[] = [];
  private readonly measure: Measure;
  private readonly copyOf: (image: CanvasImageSource) => CanvasImageSource;

  /** @param copyOf - copies a picture, which a panel may draw over as soon as it has drawn it */
  constructor(measure: Measure, copyOf: (image: CanvasImageSource) => CanvasImageSource = (image) => image) {
    this.measure = measure;
    this.copyOf = copyOf;
  }

  save(): void {
    const { matrix, clips, fillStyle, strokeStyle, globalAlpha, lineWidth, dash, font, textAlign, textBaseline } = this;
    this.stack.push({
      matrix,
      clips,
      fillStyle,
      strokeStyle,
      globalAlpha,
      lineWidth,
      dash,
      font,
      textAlign,
      textBaseline,
    });
  }

  restore(): void {
    const state = this.stack.pop();
    if (state) Object.assign(this, state);
  }

  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void {
    this.matrix = [a, b, c, d, e, f];
  }

  translate(x: number, y: number): void {
    const [a, b, c, d] = this.matrix;
    this.matrix = [a, b, c, d, ...this.at(x, y)];
  }

  rotate(angle: number): void {
    const [a, b, c, d, e, f] = this.matrix;
    const [s, t] = [Math.cos(angle), Math.sin(angle)];
    this.matrix = [a * s + c * t, b * s + d * t, c * s - a * t, d * s - b * t, e, f];
  }

  scale(x: number, y: number): void {
    const [a, b, c, d, e, f] = this.matrix;
    this.matrix = [a * x, b * x, c * y, d * y, e, f];
  }

  beginPath(): void {
    this.path = [];
  }

  moveTo(x: number, y: number): void {
    this.path.push(['M', ...this.at(x, y)]);
  }

  lineTo(x: number, y: number): void {
    this.path.push([this.path.length === 0 ? 'M' : 'L', ...this.at(x, y)]);
  }

  bezierCurveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void {
    this.path.push(['C', ...this.at(x1, y1), ...this.at(x2, y2), ...this.at(x, y)]);
  }

  closePath(): void {
    this.path.push(['Z']);
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path.push(...this.box(x, y, width, height));
  }

  arc(x: number, y: number, r: number, from: number, to: number, anticlockwise = false): void {
    const turn = anticlockwise ? -1 : 1;
    const angle = Math.min(2 * Math.PI, Math.max(0, turn * (to - from)));
    const pieces = Math.max(1, Math.ceil(angle / (Math.PI / 2) - 1e-9));
    const step = (turn * angle) / pieces;
    const reach = Math.abs(step - (turn * Math.PI) / 2) < 1e-9 ? QUARTER : (4 / 3) * Math.tan(Math.abs(step) / 4);
    const start = this.at(x + r * Math.cos(from), y + r * Math.sin(from));
    this.path.push([this.path.length === 0 ? 'M' : 'L', ...start]);
    for (let k = 0; k < pieces; k++) {
      const [p, q] = [from + k * step, from + (k + 1) * step];
      const along = turn * reach * r;
      this.bezierCurveTo(
        x + r * Math.cos(p) - along * Math.sin(p),
        y + r * Math.sin(p) + along * Math.cos(p),
        x + r * Math.cos(q) + along * Math.sin(q),
        y + r * Math.sin(q) - along * Math.cos(q),
        x + r * Math.cos(q),
        y + r * Math.sin(q),
      );
    }
  }

  clip(): void {
    this.clips = [...this.clips, this.path.slice()];
  }

  fill(): void {
    this.push({ kind: 'fill', path: this.path.slice(), paint: this.paint(this.fillStyle) });
  }

  stroke(): void {
    this.push({ kind: 'stroke', path: this.path.slice(), ...this.line() });
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.push({ kind: 'fill', path: this.box(x, y, width, height), paint: this.paint(this.fillStyle) });
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.push({ kind: 'stroke', path: this.box(x, y, width, height), ...this.line() });
  }

  setLineDash(dash: readonly number[]): void {
    this.dash = [...dash];
  }

  getLineDash(): number[] {
    return [...this.dash];
  }

  measureText(text: string): { readonly width: number } {
    return { width: this.measure(text, this.font) };
  }

  fillText(text: string, x: number, y: number, most = Number.POSITIVE_INFINITY): void {
    const size = Number(/([\d.]+)px/.exec(this.font)?.[1] ?? 12);
    const width = Math.min(this.measure(text, this.font), most);
    const left = { center: width / 2, right: width, end: width }[this.textAlign] ?? 0;
    const down = { top: 0.76, hanging: 0.76, middle: 0.34, bottom: -0.21 }[this.textBaseline] ?? 0;
    const [a, b] = this.matrix;
    const [px, py] = this.at(x - left, y + down * size);
    this.push({
      kind: 'text',
      text,
      x: px,
      y: py,
      angle: Math.atan2(b, a),
      size: size * Math.hypot(a, b),
      width: width * Math.hypot(a, b),
      paint: this.paint(this.fillStyle),
    });
  }

  drawImage(image: CanvasImageSource, x: number, y: number, width?: number, height?: number): void {
    const natural = image as { readonly width: number; readonly height: number };
    const [px, py] = this.at(x, y);
    const [a, , , d] = this.matrix;
    this.push({
      kind: 'image',
      image: this.copyOf(image),
      x: px,
      y: py,
      width: (width ?? natural.width) * a,
      height: (height ?? natural.height) * d,
    });
  }

  private at(x: number, y: number): [number, number] {
    const [a, b, c, d, e, f] = this.matrix;
    return [a * x + c * y + e, b * x + d * y + f];
  }

  private box(x: number, y: number, width: number, height: number): Segment[] {
    return [
      ['M', ...this.at(x, y)],
      ['L', ...this.at(x + width, y)],
      ['L', ...this.at(x + width, y + height)],
      ['L', ...this.at(x, y + height)],
      ['Z'],
    ];
  }

  private paint(style: string): Paint {
    return { colour: style, opacity: this.globalAlpha };
  }

  private line() {
    const [a, b] = this.matrix;
    return { paint: this.paint(this.strokeStyle), width: this.lineWidth * Math.hypot(a, b), dash: this.dash };
  }

  private push(thing: DrawnThing): void {
    if (this.clips.some((clip) => clip.length === 0)) return; // an empty clip hides everything
    this.drawn.push({ ...thing, clips: this.clips } as Drawn);
  }
}

type DrawnThing = Drawn extends infer D ? (D extends unknown ? Omit<D, 'clips'> : never) : never;
