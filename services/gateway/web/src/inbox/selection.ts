/** Which reviews are chosen for one action together; `anchor` is where a range begins. */
export type Selection = { ids: ReadonlySet<string>; anchor?: string };

export const noSelection: Selection = { ids: new Set() };

/** The most reviews one action takes. */
export const mostChosen = 500;

/** Chooses one review or lets go of it; from there a range begins. */
export function toggled(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id) && ids.size < mostChosen) ids.add(id);
  return { ids, anchor: id };
}

/** Chooses all from where the range begins to a review, in the order of the list; only that one where there is no beginning. */
export function extended(selection: Selection, id: string, order: readonly string[]): Selection {
  const to = order.indexOf(id);
  const from = selection.anchor === undefined ? -1 : order.indexOf(selection.anchor);
  if (to < 0 || from < 0) return toggled(selection, id);
  const ids = new Set(selection.ids);
  for (const chosen of order.slice(Math.min(from, to), Math.max(from, to) + 1)) if (ids.size < mostChosen) ids.add(chosen);
  return { ids, anchor: selection.anchor };
}

/** Chooses everything that is shown, up to what one action takes. */
export function everything(order: readonly string[]): Selection {
  return { ids: new Set(order.slice(0, mostChosen)) };
}
