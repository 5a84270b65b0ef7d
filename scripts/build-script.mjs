// Bundles src/report/script/main.ts, which every page of figures holds, into src/report/script.generated.ts.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = await rolldown({ input: `${root}src/report/script/main.ts`, platform: 'browser' });
const { output } = await bundle.generate({ format: 'iife', minify: true });
const code = output[0].code.trim();
if (/<\/script|<!--/i.test(code)) throw new Error('the script of a page would end early.');
writeFileSync(`${root}src/report/script.generated.ts`, `export const SCRIPT = ${JSON.stringify(code)};\n`);
