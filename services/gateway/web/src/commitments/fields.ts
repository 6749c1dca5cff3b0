const two = (n: number) => String(n).padStart(2, '0');

/** A time as a date and time field holds it, by this browser's clock. */
export function dateTimeField(at: string): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
