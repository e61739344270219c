/** A customer's database, PostgreSQL or MariaDB: what tests of cleaning need of both. */
import mysql from "mysql2/promise";
import pg from "pg";
import { startMariadb } from "../mariadb.ts";
import { startPostgres } from "../postgres.ts";

export const kinds = ["postgres", "mysql"] as const;
export type Kind = (typeof kinds)[number];

export interface Client {
  /** @returns rows as arrays, and how many were changed */
  run(sql: string): Promise<{ readonly rows: readonly (readonly unknown[])[]; readonly changed: number }>;
  end(): Promise<void>;
}

export interface CustomerServer {
  readonly kind: Kind;
  /** The address of an empty database. */
  createDatabase(): Promise<string>;
  connect(url: string): Promise<Client>;
  stop(): Promise<void>;
}

export async function startServer(kind: Kind): Promise<CustomerServer> {
  const server = kind === "postgres" ? await startPostgres() : await startMariadb();
  return {
    kind,
    createDatabase: () => server.createDatabase(),
    connect: kind === "postgres" ? connectPostgres : connectMariadb,
    stop: () => server.stop(),
  };
}

async function connectPostgres(url: string): Promise<Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  return {
    async run(text) {
      const results = await client.query({ text, rowMode: "array" } as pg.QueryArrayConfig);
      const last = Array.isArray(results) ? results.at(-1) : results;
      return { rows: last?.rows ?? [], changed: last?.rowCount ?? 0 };
    },
    end: () => client.end(),
  };
}

async function connectMariadb(url: string): Promise<Client> {
  const client = await mysql.createConnection({
    ...{ uri: url, rowsAsArray: true, multipleStatements: true, dateStrings: true },
    ...{ supportBigNumbers: true, bigNumberStrings: true },
  });
  return {
    async run(sql) {
      const [rows] = await client.query(sql);
      if (!Array.isArray(rows)) return { rows: [], changed: (rows as { affectedRows?: number }).affectedRows ?? 0 };
      return { rows: rows as unknown[][], changed: 0 };
    },
    end: () => client.end(),
  };
}
