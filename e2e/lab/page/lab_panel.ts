/** The demo's own controls, outside the app: downloads, and what happens to the uplinks. */

/** GET and POST /lab of the demo (`e2e/demo.ts`). */
export interface LabState {
  /** Running downloads. */
  downloads: number;
  /** Received by all of them together. */
  total_bps: number;
  uplinks: Array<{ name: string; down_bps: number; fate: Fate }>;
}

export type Fate = 'works' | 'blackhole' | 'cut';

export type LabWish = { kind: 'downloads'; count: number } | { kind: 'fate'; uplink: string; fate: Fate };

const LAB_URL = '/lab';
const DOWNLOAD_COUNTS = [0, 1, 2, 3, 4, 6, 8];
const FATES: Array<{ fate: Fate; label: string }> = [
  { fate: 'works', label: 'Works' },
  { fate: 'blackhole', label: 'Silently drops all' },
  { fate: 'cut', label: 'Cable unplugged' },
];
const REFRESH_MS = 1000;

/** Fill `panel` and keep it up to date. Does nothing where there is no demo behind the page. */
export async function show_lab_panel(panel: HTMLElement): Promise<void> {
  const state = await ask();
  if (state === null) return;
  panel.hidden = false;
  let shown = '';

  function draw(current: LabState): void {
    // Buttons are only replaced when they change, so that a click is never lost.
    const { total_bps, ...rest } = current;
    if (JSON.stringify(rest) !== shown) {
      shown = JSON.stringify(rest);
      panel.replaceChildren(
        heading(),
        row('Downloads of a client', download_buttons(current)),
        ...current.uplinks.map(uplink =>
          row(`${uplink.name} (${megabits(uplink.down_bps)})`, fate_buttons(uplink)),
        ),
      );
    }
    const rate = panel.querySelector('.lab_rate');
    if (rate !== null) rate.textContent = `together ${megabits(total_bps)}`;
  }

  function button(label: string, active: boolean, wish: LabWish): HTMLElement {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = `btn cbi-button${active ? ' important' : ''}`;
    made.textContent = label;
    made.setAttribute('aria-pressed', String(active));
    made.addEventListener('click', async () => {
      const after = await ask(wish);
      if (after !== null) draw(after);
    });
    return made;
  }

  function download_buttons({ downloads }: LabState): HTMLElement[] {
    const buttons = DOWNLOAD_COUNTS.map(count =>
      button(count === 0 ? 'none' : `${count}`, downloads === count, { kind: 'downloads', count }),
    );
    const rate = document.createElement('span');
    rate.className = 'lab_rate';
    return [...buttons, rate];
  }

  function fate_buttons({ name, fate: current }: LabState['uplinks'][number]): HTMLElement[] {
    return FATES.map(({ fate, label }) =>
      button(label, fate === current, { kind: 'fate', uplink: name, fate }),
    );
  }

  draw(state);
  setInterval(async () => {
    if (document.hidden) return;
    const current = await ask();
    if (current !== null) draw(current);
  }, REFRESH_MS);
}

async function ask(wish?: LabWish): Promise<LabState | null> {
  try {
    const post = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(wish),
    };
    const response = await fetch(LAB_URL, wish === undefined ? {} : post);
    return response.ok ? ((await response.json()) as LabState) : null;
  } catch {
    return null;
  }
}

function heading(): HTMLElement {
  const made = document.createElement('h3');
  made.textContent = 'Lab';
  return made;
}

function row(name: string, content: HTMLElement[]): HTMLElement {
  const made = document.createElement('div');
  made.className = 'lab_row';
  const title = document.createElement('span');
  title.className = 'lab_name';
  title.textContent = name;
  made.append(title, ...content);
  return made;
}

function megabits(bps: number): string {
  return `${(bps / 1e6).toFixed(1)} Mbit/s`;
}
