import starlight from '@astrojs/starlight';
import { defineConfig } from 'astro/config';
import { base, host, repository } from './place.mjs';
import { SECTIONS } from './sections.mjs';

const elsewhere = (label, path) => ({ label, link: path });

export default defineConfig({
  site: host,
  base,
  outDir: './dist',
  build: { format: 'directory' },
  integrations: [
    starlight({
      title: 'thermograd',
      description: 'The statistical physics of stochastic gradient descent, measured with error bars.',
      favicon: '/live/icon.svg',
      social: [{ icon: 'seti:git', label: 'Source', href: repository }],
      customCss: ['./src/styles/site.css'],
      lastUpdated: false,
      expressiveCode: { defaultProps: { frame: 'none', overridesByLang: { ts: { wrap: true } } } },
      pagefind: true,
      tableOfContents: { minHeadingLevel: 2, maxHeadingLevel: 3 },
      sidebar: [
        { label: 'Overview', link: '/' },
        elsewhere('The live page', '/live/'),
        elsewhere('Reports', '/reports/'),
        ...SECTIONS.map(([label, directory, open]) => ({ label, collapsed: !open, autogenerate: { directory } })),
        { label: 'Notation', link: '/notation/' },
      ],
    }),
  ],
});
