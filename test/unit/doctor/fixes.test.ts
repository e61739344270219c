/** What doctor says to do must fit what is wrong. */
import { expect, it } from "vitest";
import { amiFix } from "../../../src/doctor/ami.ts";
import { noAnswerFix } from "../../../src/doctor/asterisk.ts";

it.each([
  ["self-signed certificate in certificate chain", "NODE_EXTRA_CA_CERTS"],
  ["unable to verify the first certificate", "NODE_EXTRA_CA_CERTS"],
  ["connect ECONNREFUSED 127.0.0.1:8088", "http.conf"],
])("ARI: %s", (why, fix) => expect(noAnswerFix(why)).toContain(fix));

it.each([
  ["connect ECONNREFUSED 127.0.0.1:5039", "ami.port"],
  ["not known: the AMI connection ended", "ami.port"],
  ["Authentication failed", "rights"],
])("AMI: %s", (why, fix) => expect(amiFix(why, "rights")).toContain(fix));
