/**
 * Writes a plan as YAML, in the order of its keys. Only what a plan holds is written: texts, numbers, yes and no, lists
 * and objects of those.
 */
export function toYAML(value: unknown): string {
  return lines(value, 0).join('\n') + '\n';
}

function lines(value: unknown, depth: number): string[] {
  const pad = '  '.repeat(depth);
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown) => {
      if (scalar(item)) return [`${pad}- ${word(item)}`];
      const [first = Array.isArray(item) ? '[]' : '{}', ...rest] = lines(item, depth + 1);
      return [`${pad}- ${first.trimStart()}`, ...rest];
    });
  }
  if (value && typeof value === 'object') {
    return Object.entries(value)
      .filter(([, item]) => item !== undefined && item !== null)
      .flatMap(([key, item]: [string, unknown]) => {
        const name = `${pad}${word(key)}:`;
        if (scalar(item)) return [`${name} ${word(item)}`];
        if (Array.isArray(item) && item.every(scalar)) return [`${name} [${item.map(word).join(', ')}]`];
        if (Object.keys(item as object).length === 0) return [`${name} {}`];
        return [name, ...lines(item, depth + 1)];
      });
  }
  return [pad + word(value)];
}

const scalar = (value: unknown) => value === null || typeof value !== 'object';

/** A text is written bare only where YAML cannot take it for anything else; JSON's quotes are YAML's. */
function word(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value ?? null);
  const bare = /^[A-Za-z][A-Za-z0-9 _./@-]*[A-Za-z0-9]$|^[A-Za-z]$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return bare ? value : JSON.stringify(value);
}
