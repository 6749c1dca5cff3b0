/** Where the reader was in a list, so that coming back from a review is coming back to that row. */
type Place = { offset: number; selected: string | undefined };

const places = new WeakMap<object, Map<string, Place>>();

/** Places live as long as the app's query client does: signing out clears both. */
export function rememberPlace(owner: object, list: string, place: Place): void {
  const known = places.get(owner) ?? new Map<string, Place>();
  known.set(list, place);
  places.set(owner, known);
}

export function placeIn(owner: object, list: string): Place | undefined {
  return places.get(owner)?.get(list);
}

export function forgetPlace(owner: object, list: string): void {
  places.get(owner)?.delete(list);
}
