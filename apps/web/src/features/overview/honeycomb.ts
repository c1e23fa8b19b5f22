import type { ShownState } from '../../fleet/state.ts';
import { opacityOf } from './fleet-load.ts';

export interface Cell {
  readonly key: number;
  readonly state: ShownState;
  readonly severity: number;
  readonly cpuPermille: number;
}

interface Geometry {
  readonly columns: number;
  readonly pitch: number;
  readonly size: number;
  readonly height: number;
}

const gap = 2;
const sizes = [24, 18, 14, 10, 8, 6] as const;
const comfortableHeight = 78;

/** The largest squares that keep the card at its height; beyond 6 px squares the card grows. Cards side by side are at least `leastHeight` high. */
export function geometryOf(count: number, width: number, leastHeight = comfortableHeight): Geometry {
  for (const size of sizes) {
    const pitch = size + gap;
    const columns = Math.max(1, Math.floor((width + gap) / pitch));
    const height = Math.max(leastHeight, Math.ceil(count / columns) * pitch - gap);
    if (height <= comfortableHeight || size === 6) return { columns, pitch, size, height };
  }
  throw new RangeError('there is always a smallest square');
}

const tokens: Record<ShownState, string> = {
  failed: '--fail',
  unhealthy: '--warn',
  moving: '--moving',
  running: '--running',
  paused: '--paused',
  exited: '--idle',
  created: '--idle',
};

export function drawCells(canvas: HTMLCanvasElement, cells: readonly Cell[], look: Geometry & { width: number; isFaint: boolean }): void {
  const { columns, pitch, size, width, height, isFaint } = look;
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.scale(scale, scale);
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(Object.entries(tokens).map(([state, token]) => [state, style.getPropertyValue(token).trim()]));
  cells.forEach((cell, index) => {
    pen.globalAlpha =
      (isFaint ? 0.25 : 1) * (cell.state === 'running' ? opacityOf(cell.cpuPermille) : cell.state === 'created' ? 0.5 : 0.9);
    pen.fillStyle = colours[cell.state] ?? '';
    pen.fillRect((index % columns) * pitch, Math.floor(index / columns) * pitch, size, size);
  });
}
