/** What is compared between runs, as numbers and as a report. Pure. */
import { citationsOf } from '../report/citations.js';
import { composeReport } from '../report/compose.js';
import { type Cell, csv } from '../report/csv.js';
import type { Finding } from '../report/finding.js';
import { formatCount, formatEstimate, formatMarked, formatNumber, MISSING } from '../report/format.js';
import type { Report, RunFacts } from '../report/input.js';
import { html, type Markup, prose } from '../report/markup.js';
import type { Section } from '../report/page.js';
import { factList } from '../report/sections/lists.js';
import { table } from '../report/sections/tables.js';
import type { SettingDifference } from './settings.js';
import { type FindingDifference, LEVEL, significant } from './significance.js';

/** A run that is compared. */
export interface ComparedRun {
  /** What the page calls it. */
  readonly label: string;
  readonly folder: string;
  readonly what: string;
  readonly findings: readonly Finding[];
  /** Its figures by name. */
  readonly figures: ReadonlyMap<string, string>;
}

/** A run against the first one. */
export interface Against {
  readonly label: string;
  readonly differences: readonly FindingDifference[];
  /** Findings that only one of them has. */
  readonly onlyFirst: readonly string[];
  readonly onlyOther: readonly string[];
  /** Why their errors are not independent. */
  readonly dependence?: string;
}

/** Everything that a comparison says. */
export interface Comparison {
  readonly runs: readonly ComparedRun[];
  readonly against: readonly Against[];
  readonly settings: readonly SettingDifference[];
}

/** Writes the test of a difference: `t(88) = 0.51, p = 1`. */
export function testWords({ statistic, freedom, adjusted, untested }: FindingDifference): string {
  if (untested !== undefined) return `not tested: ${untested}`;
  const name = Number.isFinite(freedom) ? `t(${formatCount(Math.round(freedom))})` : 'z';
  return `${name} = ${formatNumber(statistic)}, p\u00a0${probability(adjusted)}`;
}

const probability = (p: number): string => (p < 0.001 ? '<\u00a00.001' : `=\u00a0${formatNumber(p, 2)}`);

/** Longest unit that is one; others are descriptions, which the finding itself gives. */
const UNIT = 12;

/** Writes a difference with its standard error. */
export const differenceWords = ({ difference, standardError, unit }: FindingDifference): string =>
  `${difference > 0 ? '+' : ''}${formatEstimate({ value: difference, standardError })}${unit !== '' && unit.length <= UNIT ? ` ${unit}` : ''}`;

/** Says in a sentence how many findings of two runs differ. */
export function countWords({ differences }: Against): string {
  const tested = differences.filter(({ untested }) => untested === undefined).length;
  const many = differences.filter(significant).length;
  const rest = differences.length - tested;
  if (differences.length === 0) return 'They share no finding.';
  const findings = (n: number) => `${formatCount(n)} ${n === 1 ? 'finding' : 'findings'}`;
  return (
    `Of ${findings(differences.length)} that both have, ${many === 0 ? 'none differs' : many === 1 ? 'one differs' : `${formatCount(many)} differ`} ` +
    `significantly${rest > 0 ? `; ${formatCount(rest)} cannot be tested` : ''}.`
  );
}

const METHOD: readonly (readonly [string, string])[] = [
  [
    'Difference',
    'of the other run minus the first one; its standard error is that of both in quadrature, as for independent runs',
  ],
  [
    'Test',
    'the difference in standard errors is t of Student with the degrees of freedom of Welch and Satterthwaite, from the standard error and the n of each; where no n is known it is z of a normal distribution. Two-sided',
  ],
  [
    'Many comparisons',
    `p is adjusted by Holm’s method over all findings of all pairs on this page: a difference is called significant where the adjusted p is below ${LEVEL}, and the chance that any of them is so by accident is then below ${100 * LEVEL} %`,
  ],
  [
    'What it does not say',
    'a difference that is not significant may be real and too small for these errors; a finding whose errors do not come from a sample is not tested',
  ],
];

/** Makes the report of a comparison. The same comparison gives the same bytes. */
export function renderComparison(comparison: Comparison): Report {
  const { runs, against, settings } = comparison;
  const [first] = runs;
  const shared = sharedFigures(runs);
  const sections: Section[] = [
    ['differences', 'Differences', html`${against.map((pair) => pairSection(first.label, pair))}`],
    ['settings', 'Settings that differ', settingsTable(runs, settings)],
    ...(shared.length > 0 ? [['figures', 'Figures side by side', sideBySide(runs, shared)] as const] : []),
    ['method', 'How they were compared', factList(METHOD)],
  ];
  return composeReport({
    title: `Comparison of ${runs.map(({ label }) => label).join(', ')}`,
    head: headOf(comparison),
    sections,
    figures: [],
    tables: { 'differences.csv': differencesCsv(comparison), 'settings.csv': settingsCsv(runs, settings) },
    format: 'thermograd comparison',
    version: 1,
    document: {
      runs: runs.map(({ label, folder, what }) => ({ label, folder, what })),
      level: LEVEL,
      correction: 'Holm, over all findings of all pairs',
      against,
      settings,
      figures: shared,
    },
    run: { compared: Object.fromEntries(runs.map(({ label, folder }) => [label, folder])) } as RunFacts,
    citations: citationsOf(runs.flatMap(({ findings }) => findings)),
  });
}

function headOf({ runs, against, settings }: Comparison): Markup {
  const [first] = runs;
  return html`<p class="summary">${against.map(
    (pair) => html`<b>${pair.label}</b> against <b>${first.label}</b>: ${countWords(pair)} `,
  )}</p>
${factList(runs.map(({ label, what, folder }) => [label, `${what}, ${folder}`]))}
<p>${settings.length === 0 ? 'Their settings are the same.' : `${formatCount(settings.length)} ${settings.length === 1 ? 'setting differs' : 'settings differ'}.`}</p>`;
}

function pairSection(first: string, { label, differences, onlyFirst, onlyOther, dependence }: Against): Markup {
  const sorted = [...differences].sort((a, b) => (Number.isNaN(a.p) ? 2 : a.p) - (Number.isNaN(b.p) ? 2 : b.p));
  const alone = (who: string, ids: readonly string[]) =>
    ids.length === 0 ? '' : html`<p class="missing">Only ${who} has ${ids.join(', ')}.</p>`;
  return html`<h3 id="against-${label.replace(/[^\w-]+/g, '-')}">${label} against ${first}</h3>
${dependence === undefined ? '' : html`<p>${dependence}</p>`}
${
  differences.length === 0
    ? html`<p class="missing">They share no finding.</p>`
    : table<FindingDifference>(
        '',
        [
          { head: 'Finding', cell: (d) => d.id, words: true },
          { head: first, cell: (d) => formatMarked(d.first) },
          { head: label, cell: (d) => formatMarked(d.other) },
          { head: 'Difference', cell: differenceWords },
          { head: 'Test', cell: testWords, words: true },
          { head: 'Significant', cell: (d) => (d.untested ? MISSING : significant(d) ? 'yes' : 'no'), words: true },
          { head: 'Verdicts', cell: ({ verdicts: [a, b] }) => (a === b ? a : `${a} → ${b}`), words: true },
        ],
        sorted,
      )
}
${alone(first, onlyFirst)}${alone(label, onlyOther)}`;
}

function settingsTable(runs: readonly ComparedRun[], settings: readonly SettingDifference[]): Markup {
  if (settings.length === 0) return html`<p>None.</p>`;
  return table<SettingDifference>(
    '',
    [
      { head: 'Setting', cell: ({ key }) => key, words: true },
      ...runs.map(({ label }, k) => ({
        head: label,
        cell: ({ values }: SettingDifference) => values[k] ?? MISSING,
        words: true,
      })),
    ],
    settings,
  );
}

/** Names of the figures that at least two runs have, in the order of the first. */
function sharedFigures(runs: readonly ComparedRun[]): string[] {
  const names = [...new Set(runs.flatMap(({ figures }) => [...figures.keys()]))];
  return names.filter((name) => runs.filter(({ figures }) => figures.has(name)).length > 1);
}

/** Each figure as a picture of its own, so that nothing in one drawing reaches into another. */
const sideBySide = (runs: readonly ComparedRun[], names: readonly string[]): Markup =>
  html`${names.map(
    (name) => html`<h3 id="figures-${name}">${prose(name)}</h3>
<div class="figures">${runs.map(({ label, figures }) => {
      const svg = figures.get(name);
      return svg === undefined
        ? html`<p class="missing">${label} has no figure ${name}.</p>`
        : html`<figure><img src="data:image/svg+xml,${encodeURIComponent(svg)}" alt="${name} of ${label}" style="width:100%"><figcaption><b>${label}</b></figcaption></figure>
`;
    })}</div>`,
  )}`;

function differencesCsv({ runs: [first], against }: Comparison): string {
  const columns = [
    ...['first', 'other', 'id', 'unit', 'first_value', 'first_standard_error', 'first_n'],
    ...['other_value', 'other_standard_error', 'other_n', 'difference', 'standard_error', 'statistic'],
    ...['degrees_of_freedom', 'p', 'p_adjusted', 'significant', 'first_verdict', 'other_verdict', 'untested'],
  ];
  const row = (label: string, d: FindingDifference): Cell[] => [
    ...[first.label, label, d.id, d.unit, d.first.value, d.first.standardError, d.first.n],
    ...[d.other.value, d.other.standardError, d.other.n, d.difference, d.standardError, d.statistic],
    ...[d.freedom, d.p, d.adjusted, d.untested ? null : significant(d), ...d.verdicts, d.untested],
  ];
  return csv(
    columns,
    against.flatMap(({ label, differences }) => differences.map((d) => row(label, d))),
  );
}

const settingsCsv = (runs: readonly ComparedRun[], settings: readonly SettingDifference[]): string =>
  csv(
    ['setting', ...runs.map(({ label }) => label)],
    settings.map(({ key, values }) => [key, ...values]),
  );
