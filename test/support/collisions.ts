/** Texts of a page's figures that touch each other or leave their figure. */
import type { Page } from 'playwright-core';

export async function figureCollisions(page: Page): Promise<{ figures: number; collisions: string[] }> {
  return page.evaluate(() => {
    const collisions: string[] = [];
    // a page holds two layouts of each figure and shows one of them
    const all = [...document.querySelectorAll('svg.tg-figure')].filter((svg) => svg.getBoundingClientRect().width > 0);
    for (const svg of all) {
      const name = svg.closest('figure')!.id;
      const frame = svg.getBoundingClientRect();
      const boxes = [...svg.querySelectorAll('text')].map((t) => ({
        s: t.textContent,
        b: t.getBoundingClientRect(),
      }));
      boxes.forEach(({ s, b }, i) => {
        if (b.left < frame.left || b.right > frame.right || b.top < frame.top || b.bottom > frame.bottom)
          collisions.push(`${name}: ${s} leaves the figure`);
        for (const o of boxes.slice(i + 1)) {
          const across = Math.min(b.right, o.b.right) - Math.max(b.left, o.b.left);
          const along = Math.min(b.bottom, o.b.bottom) - Math.max(b.top, o.b.top);
          if (across > 0 && along > 1) collisions.push(`${name}: ${s} | ${o.s}`);
        }
      });
    }
    return { figures: all.length, collisions };
  });
}
