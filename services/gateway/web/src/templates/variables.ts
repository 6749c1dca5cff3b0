/** A text with a variable put where the cursor is, and where the cursor is then. */
export function inserted(text: string, start: number, end: number, name: string): { text: string; cursor: number } {
  const variable = `{{${name}}}`;
  return { text: text.slice(0, start) + variable + text.slice(end), cursor: start + variable.length };
}

/** The names of the variables in a text, in their order, each once. */
export const variablesIn = (text: string): string[] => [...new Set([...text.matchAll(/\{\{\s*([a-z_]*)\s*\}\}/g)].map((found) => found[1] ?? ''))];

/** What is wrong with the variables of a text, in words; empty if nothing is. */
export function variableFault(text: string, known: readonly string[]): string {
  const unknown = variablesIn(text).find((name) => !known.includes(name));
  if (unknown !== undefined) return `There is no variable {{${unknown}}}.`;
  if (/\{\{|\}\}/.test(text.replace(/\{\{\s*[a-z_]*\s*\}\}/g, ''))) return 'A variable is written like {{phone}}.';
  return '';
}

/** A text filled in with examples; what has none is shown as it is. */
export const filled = (text: string, sample: Record<string, string>): string => text.replace(/\{\{\s*([a-z_]*)\s*\}\}/g, (whole, name: string) => (Object.hasOwn(sample, name) ? (sample[name] ?? whole) : whole));
