/** Endpoints whose changes are in the audit log: who, and what was before and after. No secret, and of a URL its host alone. */
import type { AuditWriter } from "../audit/writer.ts";
import type { Webhooks } from "./service.ts";
import type { Endpoint } from "./types.ts";

export function auditedWebhooks(webhooks: Webhooks, audit: AuditWriter): Webhooks {
  /** One that is not there is not found, which is no act. */
  async function changed<T>(
    action: string,
    app: string,
    id: string,
    run: () => Promise<T>,
    after: (result: T) => ReturnType<typeof shown> | null,
  ): Promise<T | null> {
    const before = await webhooks.find(app, id);
    if (before === null) return null;
    return audit.act({ who: `app ${app}`, action: `webhook.${action}`, target: `webhook ${id}` }, async () => {
      const result = await run();
      return { result, before: shown(before), after: after(result) };
    });
  }

  return {
    ...webhooks,
    create: (app, url, events) =>
      // Its id is not known before.
      audit.act({ who: `app ${app}`, action: "webhook.create", target: `app ${app}` }, async () => {
        const result = await webhooks.create(app, url, events);
        return { result, before: null, after: { webhook: result.id, ...shown(result) } };
      }),
    change: (app, id, changes) => changed("change", app, id, () => webhooks.change(app, id, changes), shownOrNull),
    rotate: (app, id) => changed("rotate_secret", app, id, () => webhooks.rotate(app, id), shownOrNull),
    remove: async (app, id) =>
      (await changed(
        "delete",
        app,
        id,
        () => webhooks.remove(app, id),
        () => null,
      )) ?? false,
  };
}

function shown({ url, row }: Endpoint) {
  const { events, enabled, disabledReason, revision } = row;
  return { host: url.host, events: [...events], enabled, disabled_reason: disabledReason, revision };
}

function shownOrNull(endpoint: Endpoint | null) {
  return endpoint === null ? null : shown(endpoint);
}
