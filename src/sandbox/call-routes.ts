/** What the simulated phone does with calls: `/sandbox/calls` and below. */
import { PassThrough } from "node:stream";
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import type { CallAudio } from "./carrier/audio.ts";
import { wavHeader } from "./carrier/wav.ts";
import type { Phone, PhoneAnswer, PhoneCall } from "./phone.ts";
import { problem } from "./problem.ts";

/** A listener with this much unread audio (8 s) is disconnected. */
const MAX_UNREAD_BYTES = 131_072;

const problems: Readonly<
  Record<Exclude<PhoneAnswer, "done">, readonly [status: number, code: string, detail: string]>
> = {
  unknown: [404, "call_not_found", "No call in the phone's log has this id."],
  not_ringing: [409, "call_not_ringing", "This call is not ringing: not yet, or no longer."],
  not_up: [409, "call_not_answered", "This call is not up: answer it first; or it is over."],
  keys_refused: [409, "keys_refused", "The caller takes no keys in this call, or too many are waiting to be pressed."],
};

const keysBody = {
  type: "object",
  required: ["digits"],
  additionalProperties: false,
  properties: {
    digits: { type: "string", pattern: "^[0-9*#A-D]{1,16}$", "x-expected": "1 to 16 keys of 0-9, *, # and A-D" },
  },
};

interface ById {
  Params: { id: string };
}

/** `GET /sandbox/calls`, `GET …/{id}/audio`, `POST …/{id}/{answer,decline,hangup,keys}`. */
export function callRoutes(phone: Phone): FastifyPluginAsync {
  return async (server) => {
    const live = new Set<PassThrough>();
    server.addHook("preClose", async () => {
      for (const stream of live) stream.end();
    });
    const done = (reply: FastifyReply, id: string, answer: PhoneAnswer) => answerWith(reply, answer, phone.find(id));

    server.get("/sandbox/calls", async () => phone.calls());
    server.post<ById>("/sandbox/calls/:id/answer", async ({ params: { id } }, reply) =>
      done(reply, id, phone.answer(id)),
    );
    server.post<ById>("/sandbox/calls/:id/decline", async ({ params: { id } }, reply) =>
      done(reply, id, phone.decline(id)),
    );
    server.post<ById>("/sandbox/calls/:id/hangup", async ({ params: { id } }, reply) =>
      done(reply, id, phone.hangUp(id)),
    );
    server.post<ById & { Body: { digits: string } }>(
      "/sandbox/calls/:id/keys",
      { schema: { body: keysBody } },
      async ({ params: { id }, body }, reply) => done(reply, id, phone.press(id, body.digits)),
    );
    server.get<ById>("/sandbox/calls/:id/audio", (request, reply) => {
      const audio = phone.audio(request.params.id);
      if (!audio) return problem(reply, 404, "call_not_found", "No answered call in the phone's log has this id.");
      reply.header("content-type", "audio/wav").header("cache-control", "no-store");
      if (audio.isOpen) return sendLive(reply, audio, live);
      const samples = audio.recording.linear();
      return reply.send(Buffer.concat([wavHeader(samples.length), samples]));
    });
  };
}

/** Sends what is heard from now on, as it arrives, until the call is over. */
function sendLive(reply: FastifyReply, audio: CallAudio, live: Set<PassThrough>): FastifyReply {
  const stream = new PassThrough();
  const stop = audio.listen((samples) => {
    if (samples === null) stream.end();
    else if (stream.readableLength + stream.writableLength > MAX_UNREAD_BYTES) stream.destroy();
    else stream.write(samples);
  });
  if (!stop) return problem(reply, 503, "capacity", "Too many listen to this call.");
  const forget = () => {
    stop();
    live.delete(stream);
  };
  stream.once("close", forget);
  stream.on("error", forget);
  live.add(stream);
  stream.write(wavHeader(null));
  // Kept alive, it would hold up a server that is closing.
  return reply.header("connection", "close").send(stream);
}

function answerWith(reply: FastifyReply, answer: PhoneAnswer, call: PhoneCall | null): FastifyReply {
  return answer === "done" ? reply.send(call) : problem(reply, ...problems[answer]);
}
