/** How far a list is: a bar on a terminal, lines elsewhere. */

export interface Progress {
  show(now: { readonly rows: number; readonly position: number }): void;
  /** Ends the bar, so that what follows has a line of its own. */
  end(): void;
}

export interface ProgressOptions {
  /** Where positions end; null: not known. */
  readonly total: number | null;
  /** Rows and position where the run begins. */
  readonly from: { readonly rows: number; readonly position: number };
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly nowMs: () => number;
  readonly write: (text: string) => void;
}

const barEveryMs = 200;
const lineEveryMs = 5000;
const barCells = 24;

export const noProgress: Progress = { show: () => undefined, end: () => undefined };

export function createProgress(options: ProgressOptions): Progress {
  const { total, from, isTerminal, columns, nowMs, write } = options;
  const startedAtMs = nowMs();
  let shownAtMs = startedAtMs;
  let isOpen = false;

  function text({ rows, position }: { readonly rows: number; readonly position: number }): string {
    const seconds = Math.max(0.001, (nowMs() - startedAtMs) / 1000);
    const rate = (rows - from.rows) / seconds;
    const parts = [`${grouped(rows)} rows`, `${grouped(rate)} rows/s`];
    if (total === null || total <= 0) return parts.join("  ");
    const share = Math.min(1, position / total);
    const perSecond = (position - from.position) / seconds;
    if (perSecond > 0) parts.push(`${clock((total - position) / perSecond)} left`);
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    if (!isTerminal) return `${percent.trim()}  ${parts.join("  ")}`;
    const full = Math.floor(share * barCells);
    return `[${"#".repeat(full)}${"-".repeat(barCells - full)}] ${percent}  ${parts.join("  ")}`;
  }

  return {
    show(now) {
      if (nowMs() - shownAtMs < (isTerminal ? barEveryMs : lineEveryMs)) return;
      shownAtMs = nowMs();
      if (!isTerminal) {
        write(`${text(now)}\n`);
        return;
      }
      isOpen = true;
      write(`\r\u001b[2K${text(now).slice(0, Math.max(20, columns - 1))}`);
    },
    end() {
      if (isOpen) write("\r\u001b[2K");
      isOpen = false;
    },
  };
}

/** `1,234,567`. */
export function grouped(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1:02:03`, `0:05`. */
function clock(seconds: number): string {
  const whole = Math.max(0, Math.min(359_999, Math.round(seconds)));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (count: number) => String(count).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
