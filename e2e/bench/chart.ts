/** Bars in groups, as an SVG that can be read on light and on dark pages. */

export interface Chart {
  title: string;
  /** One per group of bars. */
  groups: string[];
  series: Array<{ name: string; bars: Bar[] }>;
  /** What the stroke at a bar stands for, such as `least`. */
  mark: string;
  /** Value at the top of the scale; by default the largest one. */
  top?: number;
}

export interface Bar {
  value: number;
  mark?: number;
}

/** Lightness differs, too, for those who see few colours. */
const COLOURS: Record<string, string> = {
  'one link': '#8a8f98',
  'ECMP L3': '#c9a24a',
  'ECMP L4': '#e07b39',
  hash: '#7ab8d9',
  'round-robin': '#3987c4',
  adaptive: '#2f9e6e',
};
/** Of names that are not there, in turn. */
const MORE_COLOURS = ['#8d6cc9', '#c25b8f', '#5f6b3c'];

const WIDTH = 760;
const PLOT_HEIGHT = 170;
const LEFT = 48;
const TITLE_HEIGHT = 30;
const LABEL_HEIGHT = 34;
const LEGEND_HEIGHT = 34;
const STEPS = 5;

/** All charts below each other in one picture, with one legend. */
export function draw(charts: Chart[]): string {
  const chart_height = TITLE_HEIGHT + PLOT_HEIGHT + LABEL_HEIGHT;
  const height = charts.length * chart_height + LEGEND_HEIGHT;
  const names = [...new Set(charts.flatMap(({ series }) => series.map(({ name }) => name)))];
  const colour = colours(names);
  const body = charts.map(
    (chart, index) =>
      `<g transform="translate(0 ${index * chart_height})">\n${draw_one(chart, colour).join('\n')}\n</g>`,
  );
  const legend = names.map((name, index) => {
    const x = LEFT + index * ((WIDTH - LEFT) / names.length);
    return `<rect x="${round(x)}" y="${height - 24}" width="12" height="12" fill="${colour(name)}"/><text x="${round(x + 17)}" y="${height - 14}">${escaped(name)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(charts.map(({ title }) => title).join('; '))}</title>`,
    '<style>',
    '  .page { fill: #ffffff } text { fill: #24292f } .grid { stroke: #d0d7de } .mark { stroke: #24292f }',
    '  @media (prefers-color-scheme: dark) {',
    '    .page { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .mark { stroke: #e6edf3 }',
    '  }',
    '</style>',
    `<rect class="page" width="${WIDTH}" height="${height}" rx="6"/>`,
    ...body,
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}

function draw_one({ title, groups, series, mark, top }: Chart, colour: (name: string) => string): string[] {
  const bars = series.flatMap(each => each.bars);
  const largest = Math.max(...bars.flatMap(bar => [bar.value, bar.mark ?? 0]).filter(Number.isFinite));
  const scale = top ?? round_up(largest);
  const y = (value: number) => TITLE_HEIGHT + PLOT_HEIGHT * (1 - Math.min(value, scale) / scale);
  const group_width = (WIDTH - LEFT - 16) / groups.length;
  const bar_width = Math.min(34, (group_width * 0.84) / series.length);
  const lines: string[] = [
    `<text x="${LEFT}" y="19" font-weight="600">${escaped(title)}${bars.some(bar => bar.mark !== undefined) ? escaped(` (stroke: ${mark})`) : ''}</text>`,
  ];
  for (let step = 0; step <= STEPS; step += 1) {
    const value = (scale * step) / STEPS;
    lines.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - 16}" y1="${round(y(value))}" y2="${round(y(value))}"/>`,
      `<text x="${LEFT - 6}" y="${round(y(value) + 4)}" text-anchor="end">${+value.toFixed(2)}</text>`,
    );
  }
  for (const [group, label] of groups.entries()) {
    const middle = LEFT + group_width * (group + 0.5);
    lines.push(
      `<text x="${round(middle)}" y="${TITLE_HEIGHT + PLOT_HEIGHT + 17}" text-anchor="middle">${escaped(label)}</text>`,
    );
    for (const [index, { name, bars: own }] of series.entries()) {
      const bar = own[group];
      if (bar === undefined || !Number.isFinite(bar.value)) continue;
      const x = middle + bar_width * (index - series.length / 2);
      lines.push(
        `<rect x="${round(x + 1)}" y="${round(y(bar.value))}" width="${round(bar_width - 2)}" height="${round(y(0) - y(bar.value))}" fill="${colour(name)}"><title>${escaped(`${name}, ${label}: ${bar.value.toFixed(2)}`)}</title></rect>`,
      );
      if (bar.mark !== undefined && Number.isFinite(bar.mark)) {
        lines.push(
          `<line class="mark" stroke-width="2" x1="${round(x + 1)}" x2="${round(x + bar_width - 1)}" y1="${round(y(bar.mark))}" y2="${round(y(bar.mark))}"/>`,
        );
      }
    }
  }
  return lines;
}

function colours(names: string[]): (name: string) => string {
  const others = names.filter(name => COLOURS[name] === undefined);
  return name => COLOURS[name] ?? MORE_COLOURS[others.indexOf(name) % MORE_COLOURS.length] ?? '';
}

const SCALE_TOPS = [1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10];

/** To one of `SCALE_TOPS` times a power of ten. */
function round_up(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (SCALE_TOPS.find(top => top * power >= value) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
