/** How a feature tells of what happens to it; events/ assembles all of them. */

/** Which app and which place in a verification's order an event has; neither where it has none. */
export interface EventContext {
  readonly app?: string;
  readonly seq?: number;
}

/** What a feature is given to publish its own events: a map from type to data. */
export type Publish<Events> = (
  ...event: {
    [Type in keyof Events & string]: readonly [type: Type, data: Events[Type], context?: EventContext];
  }[keyof Events & string]
) => void;
