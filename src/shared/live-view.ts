/** A view of an object that may be replaced: whoever reads a key of it reads the present value. */

/**
 * A read-only view of a plain object and of the objects within it. Lists and single values are those of the moment; keep the
 * view, not what was read from it.
 * @param present the object that holds now
 */
export function liveView<T extends object>(present: () => T): T {
  const views = new Map<PropertyKey, object>();
  return new Proxy({} as T, {
    get(_target, key) {
      const value: unknown = Reflect.get(present(), key);
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      const known = views.get(key) ?? liveView(() => (Reflect.get(present(), key) as object | undefined) ?? {});
      views.set(key, known);
      return known;
    },
    has: (_target, key) => Reflect.has(present(), key),
    ownKeys: () => Reflect.ownKeys(present()),
    getOwnPropertyDescriptor(_target, key) {
      const own = Reflect.getOwnPropertyDescriptor(present(), key);
      // The target has none of these keys, so they must be said to be configurable.
      return own === undefined ? undefined : { ...own, configurable: true };
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  });
}

/**
 * What is built of a value that may be replaced: built anew after each replacement, when it is asked for.
 * @param source the value that holds now; replaced, never changed
 */
export function following<S, T>(source: () => S, build: (value: S) => T): () => T {
  let from = source();
  let built = build(from);
  return () => {
    const present = source();
    if (present !== from) {
      built = build(present);
      from = present;
    }
    return built;
  };
}
