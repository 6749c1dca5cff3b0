import type { RoutingFault } from './plan';
import classes from './Routing.module.css';

/** What is wrong at a place of the plan, where it is. */
export function Faults({ faults, at }: { faults: readonly RoutingFault[]; at?: string }) {
  if (faults.length === 0) return null;
  return (
    <ul className={classes.faults}>
      {faults.map((fault, i) => {
        const where = at === undefined ? fault.path : fault.path.slice(at.length).replace(/^\./, '');
        return (
          <li key={i}>
            {where && `${where.replaceAll('_', ' ')}: `}
            {fault.detail}
          </li>
        );
      })}
    </ul>
  );
}
