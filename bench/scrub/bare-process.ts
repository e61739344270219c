/** The bare library over the cells of the list. Prints what its loop took, `{"seconds", "cpuSeconds"}`, as JSON. */
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { phoneOf } from "./list.ts";

const cells = Array.from({ length: Number(process.argv[2]) }, (_, row) => phoneOf(row));
let numbers = 0;
const usedBefore = process.cpuUsage();
const startedMs = performance.now();
for (const cell of cells) if (parsePhoneNumberFromString(cell, "ID") !== undefined) numbers++;
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(usedBefore);
if (numbers === 0) throw new Error("no cell is a number");
process.stdout.write(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6 }));
