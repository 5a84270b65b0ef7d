/** Captions write symbols as their figures do: no caption of any page shows a raw index or power, such as N_c or F^−2. */
import { expect, test } from 'vitest';
import { REPORTS } from './support/pages.js';

// all pages take several seconds; two with such captions are tested always, the rest where CI is set
const names = process.env.CI ? Object.keys(REPORTS) : ['ceilings', 'forget'];

test.each(names)('%s', (name) => {
  const captions = [...REPORTS[name]().html.matchAll(/<figcaption>([\s\S]*?)<\/figcaption>/g)].map(([, text]) => text);
  expect(captions.length).toBeGreaterThan(name === 'protect' ? -1 : 0);
  for (const caption of captions) expect(caption.replace(/<[^>]*>/g, '')).not.toMatch(/[\p{L}\d)]\^|\p{L}_[\p{L}\d]/u);
});

test('indices and powers stand below and above the line', () => {
  const { html } = REPORTS.forget();
  expect(html).toMatch(/<figcaption>[^\n]*numbers of axes N<sub>c<\/sub> of one method/);
  expect(REPORTS.ceilings().html).toContain('against η<sup>a</sup> · edge<sup>1−a</sup>, a fitted.</b>');
});
