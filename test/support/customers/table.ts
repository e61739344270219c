/** A table `users` whose every row is known, and what a run must make of it. */
import type { Client, Kind } from "./database.ts";

/** What a row begins with: the last digit of its id decides. */
export function phoneOf(id: number): string | null {
  const six = String(id % 1_000_000).padStart(6, "0");
  switch (id % 10) {
    case 5:
      return `07401 ${six}`;
    case 6:
      return `+44 (0)20 7946 ${six.slice(2)}`;
    case 7:
      return "12345";
    case 8:
      return "n/a";
    case 9:
      return null;
    default:
      return `+447400${six}`;
  }
}

/** Whether a run rejects it. */
export const isRejected = (id: number) => [6, 7, 8].includes(id % 10);

/** What `normalise` makes of it. */
export function normalisedPhone(id: number): string | null {
  return id % 10 === 5 ? `+447401${String(id % 1_000_000).padStart(6, "0")}` : phoneOf(id);
}

/** @param rows at most a million: later numbers would repeat */
export async function createUsers(client: Client, kind: Kind, rows: number): Promise<void> {
  const six = kind === "postgres" ? "lpad((i % 1000000)::text, 6, '0')" : "lpad(i % 1000000, 6, '0')";
  const concat = (...parts: string[]) => `concat(${parts.join(", ")})`;
  const phone = `case i % 10 when 5 then ${concat("'07401 '", six)} when 6 then ${concat("'+44 (0)20 7946 '", `substr(${six}, 3)`)}
    when 7 then '12345' when 8 then 'n/a' when 9 then null else ${concat("'+447400'", six)} end`;
  const series = kind === "postgres" ? `generate_series(1, ${rows}) i` : `(select seq i from seq_1_to_${rows}) s`;
  await client.run(
    `create table users (id bigint primary key, name varchar(60) not null, phone varchar(40), bad boolean not null default false,
       writes int not null default 0)${kind === "postgres" ? "" : " engine = InnoDB"}`,
  );
  await client.run(`insert into users (id, name, phone) select i, concat('customer ', i), ${phone} from ${series}`);
  await client.run(kind === "postgres" ? "analyze users" : "analyze table users");
}

export interface UserRow {
  readonly id: number;
  readonly name: string;
  readonly phone: string | null;
  readonly bad: boolean;
  readonly writes: number;
}

const pageRows = 20_000;

export async function* readUsers(client: Client, table = "users"): AsyncGenerator<UserRow> {
  for (let after = 0; ; ) {
    const sql = `select id, name, phone, bad, writes from ${table} where id > ${after} order by id limit ${pageRows}`;
    const { rows } = await client.run(sql);
    for (const [id, name, phone, bad, writes] of rows) {
      after = Number(id);
      yield {
        id: after,
        name: String(name),
        phone: phone as string | null,
        bad: Boolean(Number(bad)),
        writes: Number(writes),
      };
    }
    if (rows.length < pageRows) return;
  }
}

export async function allUsers(client: Client, table?: string): Promise<UserRow[]> {
  const rows: UserRow[] = [];
  for await (const row of readUsers(client, table)) rows.push(row);
  return rows;
}
