import { Refusal } from "../../shared/refusal.ts";
import type { RequestError } from "./problems.ts";

/** A request that is refused at the HTTP level: always `invalid_request`, with the exact status and all errors. */
export class RequestRefusal extends Refusal {
  readonly status: number;
  readonly errors: readonly RequestError[] | null;

  constructor(status: number, detail: string, errors: readonly RequestError[] | null = null) {
    super("invalid_request", detail);
    this.name = "RequestRefusal";
    this.status = status;
    this.errors = errors;
  }
}
