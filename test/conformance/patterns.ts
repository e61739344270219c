/**
 * How many numbers fit several patterns of numbering plans at once, counted exactly. The patterns are finite languages over the
 * digits: literals, classes, `\d`, groups, alternatives and bounded repetition; anything else is an error.
 */

/** A state is where its next digit may be read; `digits` is a bit mask. */
interface State {
  readonly digits: number;
  readonly next: Node;
}
type Node = { states: State[]; accepts: boolean };

const allDigits = 0b11_1111_1111;

/** From the end backwards: what follows is known when a part is built. */
class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): (after: Node) => Node {
    const all = this.#alternatives();
    if (this.#at < this.#text.length) throw new Error(`${this.#text}: unknown syntax at ${this.#at}`);
    return all;
  }

  #alternatives(): (after: Node) => Node {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return (after) => union(parts.map((part) => part(after)));
  }

  #sequence(): (after: Node) => Node {
    const parts: ((after: Node) => Node)[] = [];
    while (this.#at < this.#text.length && !"|)".includes(this.#text[this.#at] ?? "")) parts.push(this.#repeated());
    return (after) => parts.reduceRight((rest, part) => part(rest), after);
  }

  #repeated(): (after: Node) => Node {
    const one = this.#atom();
    if (this.#take("?")) return (after) => union([one(after), after]);
    const bounds = /^\{(\d+)(?:,(\d+))?\}/.exec(this.#text.slice(this.#at));
    if (bounds === null) return one;
    this.#at += bounds[0].length;
    const [least, most] = [Number(bounds[1]), Number(bounds[2] ?? bounds[1])];
    return (after) => {
      let node = after;
      for (let extra = least; extra < most; extra++) node = union([one(node), after]);
      for (let needed = 0; needed < least; needed++) node = one(node);
      return node;
    };
  }

  #atom(): (after: Node) => Node {
    if (this.#take("(?:") || this.#take("(")) {
      const inner = this.#alternatives();
      if (!this.#take(")")) throw new Error(`${this.#text}: unknown syntax at ${this.#at}`);
      return inner;
    }
    const mask = this.#digits();
    return (after) => ({ states: [{ digits: mask, next: after }], accepts: false });
  }

  #digits(): number {
    const found = /^(?:\\d|\d|\[((?:\d(?:-\d)?)+)\])/.exec(this.#text.slice(this.#at));
    if (found === null) throw new Error(`${this.#text}: unknown syntax at ${this.#at}`);
    this.#at += found[0].length;
    if (found[0] === "\\d") return allDigits;
    return [...(found[1] ?? found[0]).matchAll(/(\d)(?:-(\d))?/g)].reduce((mask, [, from, to = from]) => {
      for (let digit = Number(from); digit <= Number(to); digit++) mask |= 1 << digit;
      return mask;
    }, 0);
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

function union(nodes: readonly Node[]): Node {
  return { states: nodes.flatMap(({ states }) => states), accepts: nodes.some(({ accepts }) => accepts) };
}

/** A pattern of a plan, and how long its numbers may be; null: as long as the pattern says. */
export interface Language {
  readonly pattern: string;
  readonly lengths: readonly number[] | null;
}

/** How many digit strings are in all of these languages. */
export function sizeOfCommon(languages: readonly Language[]): number {
  const start = languages.map(({ pattern }) => [new Parser(pattern).parse()({ states: [], accepts: true })]);
  const ids = new Map<Node, number>();
  const idOf = (node: Node) => {
    const id = ids.get(node) ?? ids.size;
    ids.set(node, id);
    return id;
  };
  const known = new Map<string, number>();

  function count(places: readonly (readonly Node[])[], length: number): number {
    const key = `${length}:${places.map((nodes) => nodes.map(idOf).sort().join(",")).join(";")}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const here =
      places.every((nodes) => nodes.some(({ accepts }) => accepts)) &&
      languages.every(({ lengths }) => lengths?.includes(length) ?? true);
    let sum = here ? 1 : 0;
    for (let digit = 0; digit < 10; digit++) {
      const next = places.map((nodes) => after(nodes, digit));
      if (next.every((nodes) => nodes.length > 0)) sum += count(next, length + 1);
    }
    known.set(key, sum);
    return sum;
  }

  return count(start, 0);
}

function after(nodes: readonly Node[], digit: number): readonly Node[] {
  const bit = 1 << digit;
  const found = nodes.flatMap(({ states }) =>
    states.filter(({ digits }) => (digits & bit) !== 0).map(({ next }) => next),
  );
  return [...new Set(found)];
}
