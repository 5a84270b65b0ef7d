/** Panels and figures of reports as SVG, PNG and PDF, and the data of panels as CSV and npz. */
import { writeNpz } from '../../../record/npz.js';
import { FONT } from '../charts/axes.js';
import { type Theme, theme } from '../theme.js';
import { columnsOf, tableOf } from './columns.js';
import { panelNamed, type SavedPanel } from './panels.js';
import { type Pixels, pdfOf } from './pdf-writer.js';
import { Recorder } from './recorder.js';
import { saveBytes, saveTable } from './save.js';
import { svgOf } from './svg-writer.js';

export type SaveKind = 'svg' | 'png' | 'pdf' | 'csv' | 'npz';

/** Pixels of a saved PNG for each pixel of the page. */
const SCALE = 3;

/**
 * Saves a panel of the page. SVG and PDF hold vectors, drawn anew by the panel's own function; where a panel draws pixels (densities) they
 * hold these as a picture. CSV and npz hold the data behind the panel, not thinned.
 * @throws Error with a sentence where the panel has drawn nothing yet
 */
export async function savePanel(id: string, kind: SaveKind): Promise<void> {
  const panel = panelNamed(id);
  if (!panel) throw new Error('There is nothing to save yet.');
  const name = `thermograd-${id}`;
  if (kind === 'csv') {
    const { header, rows } = tableOf(columnsOf(panel.data));
    return saveTable(`${name}.csv`, header, rows);
  }
  if (kind === 'npz') {
    const arrays = new Map(columnsOf(panel.data).map(({ name: key, shape, data }) => [key, { shape, data }]));
    return saveBytes(`${name}.npz`, writeNpz(arrays), 'application/octet-stream');
  }
  const look = theme.peek();
  if (kind === 'png') return saveBytes(`${name}.png`, await png(panel, look), 'image/png');
  const recorder = recorded(panel, look);
  if (kind === 'svg')
    return saveBytes(`${name}.svg`, svgOf(recorder.drawn, panel, panel.label, pictureOf), 'image/svg+xml');
  return saveBytes(`${name}.pdf`, await pdfOf(recorder.drawn, panel, panel.label, pixelsOf), 'application/pdf');
}

function recorded(panel: SavedPanel, look: Theme): Recorder {
  const scratch = document.createElement('canvas').getContext('2d')!;
  const recorder = new Recorder((text, font) => {
    scratch.font = font;
    return scratch.measureText(text).width;
  }, drawnOn);
  recorder.font = FONT;
  recorder.fillStyle = look.paper;
  recorder.fillRect(0, 0, panel.width, panel.height);
  // the recorder has what panels use of a context, and no more
  panel.draw(recorder as unknown as CanvasRenderingContext2D, look);
  return recorder;
}

async function png(panel: SavedPanel, look: Theme): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(panel.width * SCALE);
  canvas.height = Math.round(panel.height * SCALE);
  const ctx = canvas.getContext('2d')!;
  ctx.scale(SCALE, SCALE);
  ctx.fillStyle = look.paper;
  ctx.fillRect(0, 0, panel.width, panel.height);
  panel.draw(ctx, look);
  return blobOf(canvas);
}

const blobOf = (canvas: HTMLCanvasElement): Promise<Blob> =>
  new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large for this browser.')))),
  );

function drawnOn(image: CanvasImageSource): HTMLCanvasElement {
  const { width, height } = image as { width: number; height: number };
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext('2d')!.drawImage(image, 0, 0);
  return canvas;
}

const pictureOf = (image: CanvasImageSource): string => drawnOn(image).toDataURL('image/png');

function pixelsOf(image: CanvasImageSource): Pixels {
  const canvas = drawnOn(image);
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
  const [rgb, alpha] = [new Uint8Array(3 * width * height), new Uint8Array(width * height)];
  for (let i = 0; i < alpha.length; i++) {
    rgb.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
    alpha[i] = data[4 * i + 3];
  }
  return { width, height, rgb, ...(alpha.some((a) => a < 255) && { alpha }) };
}

/** Saves a figure of a report: the SVG as it is, a PNG of it, or a PDF that holds that PNG's pixels. */
export async function saveFigure(name: string, svg: string, kind: SaveKind): Promise<void> {
  if (kind === 'svg') return saveBytes(`${name}.svg`, svg, 'image/svg+xml');
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    const [width, height] = [image.naturalWidth || 560, image.naturalHeight || 380];
    [canvas.width, canvas.height] = [width * SCALE, height * SCALE];
    const ctx = canvas.getContext('2d')!;
    ctx.fillStyle = '#fff';
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    ctx.drawImage(image, 0, 0, canvas.width, canvas.height);
    if (kind === 'png') return saveBytes(`${name}.png`, await blobOf(canvas), 'image/png');
    const picture = { kind: 'image', image: canvas, x: 0, y: 0, width, height, clips: [] } as const;
    return saveBytes(`${name}.pdf`, await pdfOf([picture], { width, height }, name, pixelsOf), 'application/pdf');
  } finally {
    URL.revokeObjectURL(url);
  }
}
