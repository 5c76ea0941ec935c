/**
 * A document with every `${VARIABLE}` in its texts replaced from the environment.  It is done after YAML was parsed, so a
 * value cannot change the document's shape.  `missing` is told the key and the name of a variable that is not set.
 */
export function expandVariables(
  value: unknown,
  environment: NodeJS.ProcessEnv,
  missing: (key: string, variable: string) => void,
  key = '',
): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_text, variable: string) => {
      const found = environment[variable];
      if (found === undefined) missing(key, variable);
      return found ?? '';
    });
  }
  if (Array.isArray(value)) {
    return value.map((item, i) => expandVariables(item, environment, missing, `${key}[${i}]`));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => {
        const itemKey = key === '' ? name : `${key}.${name}`;
        return [name, expandVariables(item, environment, missing, itemKey)];
      }),
    );
  }
  return value;
}
