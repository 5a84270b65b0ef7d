/** Documents that the page saves: vectors as drawn, numbers as measured. */
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { rgba } from '../../src/lab/page/share/colours.js';
import { columnsOf, tableOf } from '../../src/lab/page/share/columns.js';
import { runsOf } from '../../src/lab/page/share/pdf-fonts.js';
import { pdfOf } from '../../src/lab/page/share/pdf-writer.js';
import { Recorder } from '../../src/lab/page/share/recorder.js';
import { svgOf } from '../../src/lab/page/share/svg-writer.js';
import { readNpz, writeNpz } from '../../src/record/npz.js';

const SIZE = { width: 200, height: 100 };

function drawing(): Recorder {
  const r = new Recorder((text) => 6 * text.length);
  r.font = '12px sans-serif';
  r.fillStyle = '#fffffe';
  r.fillRect(0, 0, 200, 100);
  r.save();
  r.beginPath();
  r.rect(20, 10, 160, 80);
  r.clip();
  r.globalAlpha = 0.5;
  r.strokeStyle = '#0a63a8';
  r.lineWidth = 2;
  r.setLineDash([6, 4]);
  r.beginPath();
  r.lineTo(20, 90);
  r.lineTo(180, 10);
  r.stroke();
  r.restore();
  r.fillStyle = '#b84a0d';
  r.beginPath();
  r.arc(100, 50, 10, 0, 2 * Math.PI);
  r.fill();
  r.textAlign = 'center';
  r.save();
  r.translate(10, 50);
  r.rotate(-Math.PI / 2);
  r.fillText('variance σ² < 1', 0, 0);
  r.restore();
  return r;
}

describe('what is drawn is recorded', () => {
  it('with the state that it is drawn in', () => {
    const { drawn } = drawing();
    expect(drawn.map((d) => d.kind)).toEqual(['fill', 'stroke', 'fill', 'text']);
    expect(drawn[1]).toMatchObject({
      width: 2,
      dash: [6, 4],
      paint: { colour: '#0a63a8', opacity: 0.5 },
      path: [
        ['M', 20, 90],
        ['L', 180, 10],
      ],
    });
    expect(drawn[1].clips).toHaveLength(1);
    expect(drawn[2]).toMatchObject({ clips: [], paint: { colour: '#b84a0d', opacity: 1 } });
  });

  it('but for what an empty clip hides, and with pictures as they were when they were drawn', () => {
    let picture = 'first';
    const r = new Recorder(
      () => 0,
      () => picture as unknown as CanvasImageSource,
    );
    r.save();
    r.beginPath();
    r.clip();
    r.fillRect(0, 0, 9, 9);
    r.restore();
    r.drawImage({} as CanvasImageSource, 0, 0, 9, 9);
    picture = 'second';
    expect(r.drawn).toMatchObject([{ kind: 'image', image: 'first' }]);
  });

  it('turned and shifted as the context was', () => {
    const text = drawing().drawn[3];
    if (text.kind !== 'text') throw new Error('no text');
    expect(text.angle).toBeCloseTo(-Math.PI / 2, 12);
    // centred: half of its width of 90 along the turned axis, downwards on the page
    expect([text.x, text.y].map((v) => Math.round(v * 1e6) / 1e6)).toEqual([10, 95]);
  });

  it('lines too', () => {
    const r = new Recorder(() => 0);
    r.translate(10, 50);
    r.rotate(Math.PI / 2);
    r.scale(2, 3);
    r.beginPath();
    r.moveTo(5, 0); // turned clockwise: to the right becomes down, and down becomes left
    r.lineTo(0, 4);
    r.stroke();
    const [line] = r.drawn;
    if (line.kind !== 'stroke') throw new Error('no line');
    expect(line.path.map(([, x, y]) => [x, y].map((v) => Math.round(v! * 1e6) / 1e6))).toEqual([
      [10, 60],
      [-2, 50],
    ]);
    expect(line.width).toBeCloseTo(2, 12);
  });

  it('circles as four curves that stay on the circle to 3 in 10 000', () => {
    const circle = drawing().drawn[2];
    if (circle.kind !== 'fill') throw new Error('no circle');
    const curves = circle.path.filter((s) => s[0] === 'C');
    expect(curves).toHaveLength(4);
    let [x, y] = [110, 50];
    for (const [, x1, y1, x2, y2, x3, y3] of curves as readonly (readonly [string, ...number[]])[]) {
      const at = (t: number, p: number[]) =>
        p[0] * (1 - t) ** 3 + 3 * p[1] * t * (1 - t) ** 2 + 3 * p[2] * t * t * (1 - t) + p[3] * t ** 3;
      const middle = [at(0.5, [x, x1, x2, x3]), at(0.5, [y, y1, y2, y3])];
      expect(Math.hypot(middle[0] - 100, middle[1] - 50) / 10).toBeCloseTo(1, 3);
      [x, y] = [x3, y3];
    }
    expect(Math.hypot(x - 110, y - 50)).toBeLessThan(1e-9);
  });
});

describe('SVG', () => {
  const text = svgOf(drawing().drawn, SIZE, 'A < B & "C"', () => 'data:image/png;base64,AAAA');
  it('stands alone, escapes what it is given, and clips', () => {
    expect(text).toContain('xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"');
    expect(text).toContain('<title>A &lt; B &amp; &quot;C&quot;</title>');
    expect(text).toContain('>variance σ² &lt; 1</text>');
    expect(text).toContain('<clipPath id="clip-0"><path d="M20,10L180,10L180,90L20,90Z"/></clipPath>');
    expect(text).toContain('stroke="#0a63a8" stroke-width="2" stroke-dasharray="6 4" opacity="0.5"');
    expect(text).not.toMatch(/<script|style=/);
  });
});

describe('PDF', () => {
  /** The objects by number, and the content of the page. */
  async function read() {
    const bytes = await pdfOf(drawing().drawn, SIZE, 'σ²', () => {
      throw new Error('no picture');
    });
    const whole = Buffer.from(bytes).toString('latin1');
    return { bytes, whole };
  }

  it('has a table of places that leads to its objects', async () => {
    const { whole } = await read();
    expect(whole).toMatch(/^%PDF-1\.4\n/);
    const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(whole)![1]);
    expect(whole.slice(start, start + 4)).toBe('xref');
    const places = [...whole.slice(start).matchAll(/^(\d{10}) 00000 n /gm)].map(([, at]) => Number(at));
    expect(places.length).toBeGreaterThan(5);
    for (const [k, place] of places.entries()) expect(whole.slice(place, place + 12)).toContain(`${k + 1} 0 obj`);
    const size = Number(/\/Size (\d+)/.exec(whole)![1]);
    expect(size).toBe(places.length + 1);
    const [, root] = /\/Root (\d+) 0 R/.exec(whole)!;
    const [, pages] = new RegExp(`\\n${root} 0 obj\\n<< /Type /Catalog /Pages (\\d+) 0 R`).exec(whole)!;
    const [, sheet] = new RegExp(`\\n${pages} 0 obj\\n<< /Type /Pages /Kids \\[(\\d+) 0 R\\]`).exec(whole)!;
    expect(whole).toContain(`\n${sheet} 0 obj\n<< /Type /Page /Parent ${pages} 0 R /MediaBox [0 0 150 75]`);
    expect(whole).toContain('/Title <feff03c300b2>');
  });

  it('draws vectors and writes letters, not their pictures', async () => {
    const { bytes, whole } = await read();
    const [head, length] = /<< {2}?\/Filter \/FlateDecode \/Length (\d+) >>\nstream\n/.exec(whole)!;
    const from = whole.indexOf(head) + head.length;
    const content = inflateSync(bytes.subarray(from, from + Number(length))).toString('latin1');
    expect(content).toContain('0.75 0 0 -0.75 0 75 cm');
    expect(content).toContain('0.039 0.388 0.659 RG 2 w [6 4] 0 d\n20 90 m\n180 10 l\nS');
    expect(content).toContain('20 10 m\n180 10 l\n180 90 l\n20 90 l\nh\nW n');
    expect(content).toContain('/F1 12 Tf 0 Ts <76617269616e636520> Tj'); // "variance "
    expect(content).toContain('/F2 12 Tf 0 Ts <73> Tj'); // σ in Symbol
    expect(content.match(/ c\n/g)).toHaveLength(4);
    expect(content).toMatch(/ Tz -?0 -1 -1 -?0 10 95 Tm/); // turned to the left
    const level = await pdfOf([{ ...(drawing().drawn[3] as object), angle: 0, clips: [] } as never], SIZE, '', () => {
      throw new Error('no picture');
    });
    const [begin, many] = /\/Length (\d+) >>\nstream\n/.exec(Buffer.from(level).toString('latin1'))!;
    const start = Buffer.from(level).toString('latin1').indexOf(begin) + begin.length;
    // letters stand upright in coordinates that grow downwards
    expect(inflateSync(level.subarray(start, start + Number(many))).toString('latin1')).toMatch(
      / Tz 1 0 0 -1 10 95 Tm/,
    );
    const stretch = Number(/([\d.]+) Tz/.exec(content)![1]);
    const own = runsOf('variance σ² < 1').reduce((sum, run) => sum + run.width, 0) * 0.012;
    expect((stretch / 100) * own).toBeCloseTo(90, 2);
  });

  it('knows the signs that panels use', () => {
    const text = 'η − σᵢ² ≈ 10⁻⁴ ± Δ·∇ θ₁ ψ μ (weight²/step)';
    const codes = runsOf(text).flatMap((run) =>
      [...run.codes].map((c) => (run.font === 'F1' ? String.fromCharCode(c) : '')),
    );
    expect(codes.join('')).not.toContain('?');
    expect(runsOf('漢').map((run) => String.fromCharCode(...run.codes))).toEqual(['?']);
  });
});

it.each([
  ['#0a63a8', [10, 99, 168, 255]],
  ['#fff', [255, 255, 255, 255]],
  ['#00000080', [0, 0, 0, 128]],
  ['rgb(1, 2, 3)', [1, 2, 3, 255]],
  ['rgba(1 2 3 / 40%)', [1, 2, 3, 102]],
  ['nonsense', [0, 0, 0, 255]],
])('the colour %s', (text, parts) => {
  expect(rgba(text).map((v) => Math.round(v * 255))).toEqual(parts);
});

describe('the data behind a panel', () => {
  const data = {
    variances: [3, 2, 1],
    step: 7,
    walk: { variances: new Float64Array([9, 8]), standardError: Number.NaN },
    directions: [
      { index: 1, msd: { lag: [1, 2], value: [0.5, 0.25] }, exponent: { value: 2, standardError: 0.1, method: 'fit' } },
      { index: 5, msd: { lag: [1, 2], value: [0.125, 4] }, exponent: { value: 1, standardError: 0.2, method: 'fit' } },
    ],
    label: 'text',
  };
  const columns = columnsOf(data);
  const named = (name: string) => columns.find((c) => c.name === name)!;

  it('is all of its numbers, under the keys that lead to them', () => {
    expect(columns.map((c) => c.name)).toEqual([
      'variances',
      'step',
      'walk.variances',
      'walk.standardError',
      'directions.index',
      'directions.msd.lag',
      'directions.msd.value',
      'directions.exponent.value',
      'directions.exponent.standardError',
    ]);
    expect([named('directions.index').shape, [...named('directions.index').data]]).toEqual([[2], [1, 5]]);
    expect([named('directions.msd.value').shape, [...named('directions.msd.value').data]]).toEqual([
      [2, 2],
      [0.5, 0.25, 0.125, 4],
    ]);
  });

  it('keeps records apart whose lists differ in length', () => {
    const uneven = columnsOf([{ lag: [1, 2] }, { lag: [1, 2, 3] }], 'rows');
    expect(uneven.map((c) => [c.name, c.data.length])).toEqual([
      ['rows.0.lag', 2],
      ['rows.1.lag', 3],
    ]);
  });

  it('is a table whose shorter columns end early, and an npz that is read back', async () => {
    const { header, rows } = tableOf(columns);
    expect(header).toContain('directions.msd.value[1]');
    expect(rows).toHaveLength(3);
    expect(rows[2][header.indexOf('variances')]).toBe(1);
    expect(rows[2][header.indexOf('walk.variances')]).toBeUndefined();
    const arrays = new Map(columns.map(({ name, shape, data: values }) => [name, { shape, data: values }]));
    const back = await readNpz(writeNpz(arrays), 'saved');
    expect([...back.get('directions.msd.value')!.data]).toEqual([0.5, 0.25, 0.125, 4]);
    expect(back.get('directions.msd.value')!.shape).toEqual([2, 2]);
  });
});
