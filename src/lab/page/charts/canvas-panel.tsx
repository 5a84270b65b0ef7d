/**
 * A panel drawn on a canvas by a pure function of its data, size and theme. The function returns the marks that it drew, so that the
 * panel can say what lies under the pointer, arrow keys can go from mark to mark, and every other panel can highlight the direction
 * that is pointed at.
 */
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { highlight } from '../highlight.js';
import { registerPanel } from '../share/panels.js';
import { theme } from '../theme.js';
import type { Draw, Mark } from './draw.js';
import { cancelDraw, requestDraw } from './frames.js';

export type { Draw, Mark };

export interface CanvasPanelProps<D> {
  readonly id: string;
  /** Says in one sentence what the picture shows. */
  readonly label: string;
  readonly data: D;
  readonly draw: Draw<D>;
  /** Height over width; 0.66 by default. */
  readonly aspect?: number;
  /** Whether it is drawn in every frame. */
  readonly moving?: boolean;
}

/** The distance in pixels within which a mark is pointed at. */
const REACH = 14;

export function CanvasPanel<D>({ id, label, data, draw, aspect = 0.66, moving = false }: CanvasPanelProps<D>) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const marks = useRef<readonly Mark[]>([]);
  const latest = useRef({ data, draw, aspect, moving, label });
  latest.current = { data, draw, aspect, moving, label };
  const said = useSignal('');
  const tip = useRef<HTMLDivElement>(null);
  const focused = useRef(-1);

  const paint = useRef(() => {});
  useLayoutEffect(() => {
    const [element, around] = [canvas.current!, box.current!];
    const began = performance.now();
    let visible = true;
    const size = { width: 0, height: 0 };
    paint.current = () => {
      if (!visible || size.width < 20) return;
      const ctx = element.getContext('2d');
      if (!ctx) return;
      const scale = element.width / size.width;
      ctx.setTransform(scale, 0, 0, scale, 0, 0);
      ctx.fillStyle = theme.peek().paper;
      ctx.fillRect(0, 0, size.width, size.height);
      const time = (performance.now() - began) / 1000;
      const { data: d, draw: by } = latest.current;
      marks.current = by(ctx, d, size, theme.peek(), highlight.peek(), time);
      if (latest.current.moving) requestDraw(paint.current);
    };
    const fit = () => {
      const width = Math.floor(around.clientWidth);
      const height = Math.round(Math.min(460, Math.max(220, width * latest.current.aspect)));
      const ratio = Math.min(3, devicePixelRatio || 1);
      if (width < 20 || (size.width === width && element.width === Math.round(width * ratio))) return;
      Object.assign(size, { width, height });
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
      element.style.height = `${height}px`;
      requestDraw(paint.current);
    };
    const resized = new ResizeObserver(fit);
    resized.observe(around);
    const seen = new IntersectionObserver(([entry]) => {
      visible = entry.isIntersecting;
      if (visible) requestDraw(paint.current);
    });
    seen.observe(around);
    fit();
    const forget = [theme, highlight].map((s) => s.subscribe(() => requestDraw(paint.current)));
    const time = () => (performance.now() - began) / 1000;
    const unregister = registerPanel(id, () => ({
      ...size,
      label: latest.current.label,
      data: latest.current.data,
      draw: (ctx, t) => void latest.current.draw(ctx, latest.current.data, size, t, undefined, time()),
    }));
    return () => {
      resized.disconnect();
      seen.disconnect();
      for (const f of forget) f();
      unregister();
      cancelDraw(paint.current);
    };
  }, []);
  useEffect(() => requestDraw(paint.current), [data, draw, moving]);

  const point = (mark: Mark | undefined) => {
    const text = mark?.label ?? '';
    if (said.value !== text) said.value = text;
    highlight.value = mark?.rank;
    const element = tip.current!;
    if (!mark) return;
    const width = box.current!.clientWidth;
    element.style.left = `${Math.min(Math.max(mark.x, 90), Math.max(90, width - 90))}px`;
    element.style.top = `${mark.y < 60 ? mark.y + 14 : mark.y - 14}px`;
    element.classList.toggle('below', mark.y < 60);
  };
  const nearest = (x: number, y: number): Mark | undefined => {
    let [best, reach] = [undefined as Mark | undefined, REACH];
    for (const mark of marks.current) {
      const d = Math.hypot(mark.x - x, mark.y - y);
      if (d < reach) [best, reach] = [mark, d];
    }
    return best;
  };
  const onKeyDown = (e: KeyboardEvent) => {
    const count = marks.current.length;
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[e.key];
    if (e.key === 'Escape') focused.current = -1;
    else if (count === 0) return;
    else if (by !== undefined)
      focused.current = (focused.current + by + count + (focused.current < 0 && by < 0 ? 1 : 0)) % count;
    else if (e.key === 'Home') focused.current = 0;
    else if (e.key === 'End') focused.current = count - 1;
    else return;
    e.preventDefault();
    point(marks.current[focused.current]);
  };
  return (
    <div class="canvas-box" ref={box}>
      <div
        class="canvas-holder"
        role="application"
        aria-label={`${label} Arrow keys go from mark to mark.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys go from mark to mark
        tabIndex={0}
        data-panel={id}
        onKeyDown={onKeyDown}
        onBlur={() => {
          focused.current = -1;
          point(undefined);
        }}
        onPointerMove={(e) => {
          const r = canvas.current!.getBoundingClientRect();
          point(nearest(e.clientX - r.left, e.clientY - r.top));
        }}
        onPointerLeave={() => point(undefined)}
      >
        <canvas ref={canvas} />
      </div>
      <div ref={tip} class={said.value === '' ? 'tip empty' : 'tip'} aria-live="polite">
        {said.value}
      </div>
    </div>
  );
}
