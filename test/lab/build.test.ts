/** The built page: small, alone, and without anything that its security policy forbids. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PAGE_POLICY } from '../../src/lab/server/answer.js';
import { firstLoad, PAGE, pageFiles, pageText } from '../support/lab-page.js';

const NODE_IMPORT = /(?:\bfrom|\bimport|require)\s*\(?\s*["'`]node:/;
/** Names that look like addresses: namespaces of XML and dialects of JSON Schema. Nothing is fetched from them. */
const NAMES = [/^http:\/\/www\.w3\.org\//, /^https?:\/\/json-schema\.org\//];

describe('the first visit', () => {
  it('loads at most 300 kB, gzipped and without data', () => {
    const files = firstLoad();
    expect(files.filter((file) => /train-worker|layered-trainer/.test(file)).length).toBeGreaterThan(0);
    for (const file of files) expect(existsSync(join(PAGE, file)), file).toBe(true);
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(PAGE, file)), { level: 6 }).length, 0);
    expect(bytes).toBeLessThanOrEqual(300_000);
  });
});

describe('the code of the page', () => {
  const code = pageFiles().filter((file) => /\.(?:js|css|html)$/.test(file));

  it('asks for no module of Node', () => {
    expect(code.filter((file) => NODE_IMPORT.test(pageText(file)))).toEqual([]);
  });

  it('names no other host', () => {
    const named = code.flatMap((file) =>
      [...pageText(file).matchAll(/\b(?:https?|wss?):\/\/[^\s"'`)\\<>]+/g)]
        .map(([url]) => url)
        .filter((url) => !NAMES.some((name) => name.test(url)))
        .map((url) => `${file}: ${url}`),
    );
    expect(named).toEqual([]);
  });

  it('has no inline script, style or handler, which the policy would stop', () => {
    const html = pageText('index.html');
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
  });

  it('states the policy that the server sends, for servers that send none', () => {
    const [, stated] = /Content-Security-Policy"\s+content="([^"]+)"/.exec(pageText('index.html'))!;
    expect(`${stated}; frame-ancestors 'none'`).toBe(PAGE_POLICY); // frame-ancestors has no effect in a page
  });

  it('names all its files in the service worker, which therefore has them without a network', () => {
    const worker = pageText('service-worker.js');
    const listed = JSON.parse(/FILES = (\[.*?\]);/s.exec(worker)![1]);
    expect(listed).toEqual(pageFiles().filter((file) => file !== 'service-worker.js'));
    expect(worker).toMatch(/DIGEST = '[0-9a-f]{16}'/);
  });

  it('comes with the licences of the packages that it and its workers contain', () => {
    const text = pageText('LICENSES.md');
    const sections = text.split(/^## /m).slice(1);
    for (const name of ['preact', '@preact/signals', '@preact/signals-core', 'uplot', 'zarrita', 'numcodecs']) {
      const [section, ...others] = sections.filter((s) => s.startsWith(`${name} `));
      expect(others).toEqual([]);
      expect(section, name).toMatch(/^\S+ \d+\.\d+\.\d+ \(.+\)\n.*Copyright.*Permission is hereby granted/s);
    }
  });
});
