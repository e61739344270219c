/** The view of a channel that the page does not know: the API's status, state and reason, and a field for a code. */

const steps = ["pending", "sending", "delivered", "verified"];

export function statusOnly(name) {
  const words = name.replaceAll("_", " ");
  const title = words.charAt(0).toUpperCase() + words.slice(1);
  return {
    name,
    title,
    recipient: "phone",
    startTitle: `Start a verification by ${words}`,
    again: `${title} again`,
    instead: `${title} instead`,
    startLabel: () => "Start",
    steps,
    live: new Set(["sending"]),
    stepOf: ({ status }) => status,
    isBusy: ({ status }) => status === "sending",
    code(v) {
      if (!v?.code_length) return { heading: `Verify by ${words}`, fields: [] };
      return {
        heading: `Type the ${v.code_length} digits of the code`,
        fields: [{ label: "Code", prefix: "", length: v.code_length }],
      };
    },
    update: () => null,
  };
}
