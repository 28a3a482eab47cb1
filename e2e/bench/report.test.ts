import { expect, test } from 'vitest';
import { draw } from './chart.ts';
import { as_markdown, as_text, replace_part } from './report.ts';

const TABLE = {
  title: 'Share',
  head: ['', 'n = 3'],
  rows: [
    ['ECMP L4', '0.74'],
    ['adaptive', '1.00'],
  ],
};

test('tables stand in columns on the terminal and as Markdown', () => {
  expect(as_text(TABLE)).toBe('Share\n            n = 3\n  ECMP L4    0.74\n  adaptive   1.00\n');
  expect(as_markdown(TABLE)).toBe(
    'Share:\n\n|  | n = 3 |\n| --- | --: |\n| ECMP L4 | 0.74 |\n| adaptive | 1.00 |',
  );
});

test("a new run replaces its scenario's part of the README and nothing else", () => {
  const before = replace_part(replace_part('# Bench\n\nWords.\n', 'few', 'old'), 'heavy', 'kept');
  const after = replace_part(before, 'few', 'new $& part');
  expect(after).toBe(before.replace('old', () => 'new $& part'));
  expect(after).toContain('# Bench\n\nWords.\n');
  expect(after).toContain('kept');
});

test('a chart has a bar for each number and none for what was not measured', () => {
  const svg = draw([
    {
      title: 'Share <of> links',
      groups: ['n = 2', 'n = 3'],
      series: [
        { name: 'a', bars: [{ value: 0.5 }, { value: 1, mark: 0.9 }] },
        { name: 'b', bars: [{ value: 0.25 }, { value: Number.NaN }] },
      ],
      mark: 'least',
      top: 1,
    },
  ]);
  expect(svg.match(/<title>[^<]*<\/title>/g)).toEqual([
    '<title>Share &lt;of&gt; links</title>',
    '<title>a, n = 2: 0.50</title>',
    '<title>b, n = 2: 0.25</title>',
    '<title>a, n = 3: 1.00</title>',
  ]);
  expect(svg).toContain('Share &lt;of&gt; links (stroke: least)');
});
