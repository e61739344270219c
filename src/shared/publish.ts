/** How a feature publishes its events; events/ assembles all of them. */

/** An event's app and its position in the verification's order; null where it has none. */
export interface EventContext {
  readonly app?: string;
  readonly seq?: number;
}

/** The function with which a feature publishes its own events: a map from type to data. */
export type Publish<Events> = (
  ...event: {
    [Type in keyof Events & string]: readonly [type: Type, data: Events[Type], context?: EventContext];
  }[keyof Events & string]
) => void;
