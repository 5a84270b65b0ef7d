/** The server of the live page: what it answers, and above all what it does not. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackMnist } from '../../src/lab/engine/pack.js';
import { isName } from '../../src/lab/server/given.js';
import { hostNames, isLoopback } from '../../src/lab/server/guard.js';
import { type Lab, serveLab } from '../../src/lab/server/serve.js';
import { writeRun } from '../support/lab-folders.js';
import { PAGE } from '../support/lab-page.js';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly bytes: Buffer;
}

let base: string;
let lab: Lab;

/** Asks with the path as it is, which `fetch` would tidy. */
function ask(path: string, { method = 'GET', headers = {}, port = lab.port } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, method, headers: { Host: `127.0.0.1:${port}`, ...headers }, agent: false },
      (r) => {
        const parts: Buffer[] = [];
        r.on('data', (part) => parts.push(part));
        r.on('end', () =>
          resolve({
            status: r.statusCode!,
            headers: r.headers,
            bytes: Buffer.concat(parts),
            text: Buffer.concat(parts).toString(),
          }),
        );
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

/** What comes back over a bare connection until the server closes it. */
function raw(text: string, port = lab.port): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (part) => (answer += part));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

const lines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'thermograd-lab-')));
  writeRun(join(base, 'runs/a'), { psi: 4, error: 0.3, seed: 1 });
  writeRun(join(base, 'runs/b'), { psi: 2, error: 0.4, seed: 2 });
  mkdirSync(join(base, 'outside'));
  writeFileSync(join(base, 'outside/secret.txt'), 'SECRET');
  writeFileSync(join(base, 'runs-secret.txt'), 'SECRET');
  symlinkSync(join(base, 'outside'), join(base, 'runs/a/away'));
  symlinkSync(join(base, 'outside/secret.txt'), join(base, 'runs/a/secret.txt'));
  symlinkSync(join(base, 'runs/a/run.json'), join(base, 'runs/a/again.json'));
  lab = await serveLab({ folders: [join(base, 'runs')], page: PAGE });
});
afterAll(async () => {
  await lab?.close();
  rmSync(base, { recursive: true, force: true });
});

describe('the page and the runs', () => {
  it('serves the built page, which knows that it is served', async () => {
    const { status, headers, text } = await ask('/');
    expect(status).toBe(200);
    expect(text).toContain('data-lab="served"');
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*|https?:/);
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(text)![1];
    const code = await ask(`/${script}`);
    expect([code.status, code.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect((await ask(`/${script}`, { headers: { 'If-None-Match': code.headers.etag } as never })).status).toBe(304);
  });

  it('lists the runs, one small document each', async () => {
    const { headers, text } = await ask('/api/runs');
    expect(headers['content-type']).toBe('application/x-ndjson');
    const [a, b, ...more] = lines(text);
    expect(more).toEqual([]);
    expect(a).toMatchObject({
      name: 'runs/a',
      experiment: 'ivf2021',
      state: 'complete',
      settings: { preset: 'quick', network: '16-12-10-4', learningRate: 0.1, batchSize: 20, seed: 1 },
      verdicts: { reproduced: 1, 'not decidable with this run': 1 },
    });
    expect(a.numbers[0]).toEqual({
      id: 'ivf.psi',
      value: 4,
      standardError: 0.3,
      n: 60,
      unit: '',
      verdict: 'reproduced',
    });
    expect(b.digest).toBe(a.digest); // they differ in their seeds alone
    expect(b.id).not.toBe(a.id);
    expect(text.length / 2).toBeLessThan(1500);
  });

  it('finds a run that was added, and sees that findings changed', async () => {
    writeRun(join(base, 'runs/c'), { psi: 1, error: 0.1, seed: 3 });
    const found = lines((await ask('/api/runs')).text);
    expect(found.map((run) => run.name)).toEqual(['runs/a', 'runs/b', 'runs/c']);
    writeRun(join(base, 'runs/c'), { psi: 11.5, error: 0.1, seed: 3 });
    const again = lines((await ask('/api/runs')).text);
    expect(again[2].numbers[0].value).toBe(11.5);
    rmSync(join(base, 'runs/c'), { recursive: true });
  });

  it('gives the files of a run, or a range of one', async () => {
    const [{ id }] = lines((await ask('/api/runs')).text);
    const files = JSON.parse((await ask(`/api/runs/${id}/files`)).text);
    expect(files).toEqual([
      'figures/variance-flatness.svg',
      'findings.json',
      'report.html',
      'report.json',
      'run.json',
      'tables/flatness.csv',
    ]);
    const table = await ask(`/api/runs/${id}/file/tables/flatness.csv`);
    expect(table.text).toMatch(/^index,variance,flatness\n1,0.1,1\n/);
    const part = await ask(`/api/runs/${id}/file/tables/flatness.csv`, { headers: { Range: 'bytes=6-13' } });
    expect([part.status, part.text, part.headers['content-range']]).toEqual([
      206,
      'variance',
      `bytes 6-13/${table.text.length}`,
    ]);
    const last = await ask(`/api/runs/${id}/file/tables/flatness.csv`, { headers: { Range: 'bytes=-3' } });
    expect(last.text).toBe(table.text.slice(-3));
    expect(
      (await ask(`/api/runs/${id}/file/tables/flatness.csv`, { headers: { Range: 'bytes=999999-' } })).status,
    ).toBe(416);
    const { etag } = table.headers;
    expect(
      (await ask(`/api/runs/${id}/file/tables/flatness.csv`, { headers: { 'If-None-Match': etag } as never })).status,
    ).toBe(304);
    const head = await ask(`/api/runs/${id}/file/tables/flatness.csv`, { method: 'HEAD' });
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', String(table.text.length)]);
  });

  it('lets documents of runs run nothing', async () => {
    const [{ id }] = lines((await ask('/api/runs')).text);
    for (const file of ['report.html', 'figures/variance-flatness.svg']) {
      const policy = String((await ask(`/api/runs/${id}/file/${file}`)).headers['content-security-policy']);
      expect(policy).toMatch(/^sandbox; default-src 'none'/);
      expect(policy).not.toContain('script-src');
    }
  });

  it('makes data sets from the installed package, and names no others', async () => {
    expect((await ask('/data/nothing.bin')).status).toBe(404);
    const { status, bytes } = await ask('/data/mnist-10k.bin.gz');
    expect(status).toBe(200);
    const { train, test, classes } = unpackMnist([new Uint8Array(gunzipSync(bytes)).buffer]);
    expect([train.count, test!.count, classes, train.size]).toEqual([10_000, 2000, 10, 784]);
  });
});

describe('what is not given stays unread', () => {
  it.each([
    ['..', '../../../runs-secret.txt'],
    ['.. within', 'figures/../../../runs-secret.txt'],
    ['encoded dots', '%2e%2e/%2e%2e/outside/secret.txt'],
    ['an encoded slash', '..%2f..%2foutside%2fsecret.txt'],
    ['dots encoded twice', '%252e%252e/%252e%252e/outside/secret.txt'],
    ['a backslash', '..\\..\\outside\\secret.txt'],
    ['an encoded backslash', '..%5c..%5coutside%5csecret.txt'],
    ['a zero', 'run.json%00.txt'],
    ['an absolute path', '/etc/passwd'],
    ['an encoded absolute path', '%2fetc%2fpasswd'],
    ['a drive', 'C:/Windows/win.ini'],
    ['a stream', 'run.json::$DATA'],
    ['a link to a file outside', 'secret.txt'],
    ['a link to a folder outside', 'away/secret.txt'],
    ['a folder', 'figures'],
    ['a folder with a slash', 'figures/'],
    ['the folder itself', ''],
    ['overlong UTF-8', '%c0%ae%c0%ae/%c0%ae%c0%ae/outside/secret.txt'],
    ['a malformed escape', '%zz'],
    ['a path below a file', 'run.json/run.json'],
  ])('%s', async (_, path) => {
    const [{ id }] = lines((await ask('/api/runs')).text);
    const { status, text } = await ask(`/api/runs/${id}/file/${path}`);
    expect([400, 404]).toContain(status);
    expect(text).not.toMatch(/SECRET|root:|format/);
  });

  it.each([
    '/../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/assets/../../server/serve.js',
    '/api/../index.html',
    '//index.html',
    '/.vite/manifest.json',
    '/api',
    '/api/',
    '/api/runs/..%2f',
    '/api/runs/nothing/files',
  ])('beside the page: %s', async (path) => {
    expect((await ask(path)).status).toBeGreaterThanOrEqual(400);
  });

  it('names that are none are refused before the disk is asked', () => {
    for (const part of ['', '.', '..', 'a/b', 'a\\b', 'a\0', 'C:', 'x'.repeat(300)])
      expect(isName(part), part).toBe(false);
    for (const part of ['run.json', '...', 'a b', 'ü', '-']) expect(isName(part), part).toBe(true);
  });

  it('a link that stays within the run is read', async () => {
    const [{ id }] = lines((await ask('/api/runs')).text);
    expect((await ask(`/api/runs/${id}/file/again.json`)).status).toBe(200);
  });

  it('a pipe does not hold the server up', async () => {
    const [{ id }] = lines((await ask('/api/runs')).text);
    execFileSync('mkfifo', [join(base, 'runs/a/pipe')]);
    expect((await ask(`/api/runs/${id}/file/pipe`)).status).toBe(404);
  });

  it('no answer names a place on this machine', async () => {
    const [{ id }] = lines((await ask('/api/runs')).text);
    for (const path of [
      '/api/runs',
      `/api/runs/${id}`,
      `/api/runs/${id}/files`,
      '/nothing',
      `/api/runs/${id}/file/nothing`,
    ])
      expect((await ask(path)).text).not.toContain(base);
  });
});

describe('who may ask', () => {
  it.each([
    'evil.example',
    'evil.example:PORT',
    '127.0.0.1',
    '127.0.0.1:1',
    'localhost.evil.example:PORT',
    '127.0.0.1.evil.example:PORT',
    '0x7f.1:PORT',
  ])('not under the name %j', async (host) => {
    const { status, text } = await ask('/api/runs', { headers: { Host: host.replace('PORT', String(lab.port)) } });
    expect([400, 421]).toContain(status);
    expect(text).not.toContain('runs/a');
  });

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])('under the name %s', async (host) => {
    expect((await ask('/api/runs', { headers: { Host: `${host}:${lab.port}` } })).status).toBe(200);
  });

  it('not without a name', async () => {
    for (const version of ['1.0', '1.1'])
      expect(await raw(`GET /api/runs HTTP/${version}\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4(?:00|21)/);
  });

  it('no page of another site', async () => {
    for (const Origin of [
      'https://evil.example',
      'null',
      `https://127.0.0.1:${lab.port}`,
      'http://127.0.0.1:1',
      `http://evil.example/http://127.0.0.1:${lab.port}`,
    ])
      expect((await ask('/api/runs', { headers: { Origin } })).status, Origin).toBe(403);
    expect((await ask('/api/runs', { headers: { Origin: `http://localhost:${lab.port}` } })).status).toBe(200);
    for (const site of ['cross-site', 'same-site'])
      expect((await ask('/api/runs', { headers: { 'Sec-Fetch-Site': site } })).status).toBe(403);
    expect((await ask('/api/runs', { headers: { 'Sec-Fetch-Site': 'same-origin' } })).status).toBe(200);
    const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    expect((await ask('/', { headers: link })).status).toBe(200); // a link on another page opens the page
    expect((await ask('/api/runs', { headers: link })).status).toBe(403);
    const [{ id }] = lines((await ask('/api/runs')).text);
    expect((await ask(`/api/runs/${id}/file/report.html`, { headers: link })).status).toBe(200); // a report links to its theory
    expect((await ask(`/api/runs/${id}/file/run.json`, { headers: link })).status).toBe(403);
    expect((await ask('/', { headers: { ...link, 'Sec-Fetch-Dest': 'iframe' } })).status).toBe(403);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('not by %s', async (method) => {
    const { status, headers } = await ask('/', { method });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('not with headers of any size, nor with an address of any length', async () => {
    expect(await raw(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${lab.port}\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431/,
    );
    expect((await ask(`/${'x'.repeat(5000)}`)).status).toBe(414);
  });

  it('not through an address of another server', async () => {
    const answer = await raw(
      `GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:${lab.port}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
  });

  it('not for as long as they please: who sends nothing more is cut off', async () => {
    const strict = await serveLab({ folders: [], page: PAGE, patience: { headers: 300, silence: 600 } });
    try {
      const begun = await raw('GET / HTTP/1.1\r\nHost: ', strict.port);
      expect(begun === '' || /^HTTP\/1\.1 408/.test(begun)).toBe(true);
      expect(await raw('', strict.port)).toMatch(/^(?:HTTP\/1\.1 408|$)/);
    } finally {
      await strict.close();
    }
  });

  it('other machines only where an address was given', () => {
    expect([...hostNames('127.0.0.1', 80)]).toContain('localhost');
    expect([...hostNames('192.0.2.7', 5000)]).toContain('192.0.2.7:5000');
    expect(
      [...hostNames('127.0.0.1', 5000)].some((name) => !/^(?:127\.0\.0\.1|localhost|\[::1\]):5000$/.test(name)),
    ).toBe(false);
    expect(['127.0.0.1', '127.1.2.3', 'localhost', '::1'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '192.0.2.7', 'localhost.evil.example', '127.0.0.1.evil.example'].some(isLoopback)).toBe(
      false,
    );
  });
});

describe('wrong input', () => {
  it.each([
    ['nothing/here', 'no-such-folder', /there is no folder or file .*nothing\/here; give run folders/],
    ['outside', 'no-run', /there are no results in .*outside: no record of a run/],
  ])('%s', async (folder, code, sentence) => {
    await expect(serveLab({ folders: [join(base, folder)], page: PAGE })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(sentence),
    });
  });

  it('a port in use', async () => {
    await expect(serveLab({ folders: [], page: PAGE, port: lab.port })).rejects.toMatchObject({
      code: 'port-in-use',
      message: `port ${lab.port} is in use; choose another with --port, or leave it out for a free one.`,
    });
  });

  it('an address of another machine', async () => {
    // Node listens on every address where it is given none, and resolves no name of 300 characters
    for (const host of ['192.0.2.7', '', 'x'.repeat(300)])
      await expect(serveLab({ folders: [], page: PAGE, host }), host).rejects.toMatchObject({ code: 'no-such-host' });
  });

  it('a build without the page', async () => {
    await expect(serveLab({ folders: [], page: join(base, 'outside') })).rejects.toMatchObject({ code: 'no-page' });
  });
});
