import { ActionIcon, Menu } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconCornerDownRight, IconCornerUpLeft, IconDots, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { Foreign } from '../text/Foreign';
import { Faults } from './Faults';
import { NodeForm } from './NodeForm';
import { faultsOfNode, moved, nodeAt, pathOf, withAdded, withNode, withoutNode, type Move, type Place, type Plan, type PlanNode, type RoutingFault } from './plan';
import classes from './Routing.module.css';
import { sentence } from './sentences';
import { useNames } from './useNames';

type Props = { plan: Plan; faults: readonly RoutingFault[]; onChange: ((plan: Plan, said: string) => void) | null };

/** The rules as sentences, in the order in which they are tried. */
export function Tree({ plan, faults, onChange }: Props) {
  const [form, setForm] = useState<{ place: Place; isNew: boolean } | null>(null);
  const tree = plan.tree;
  const set = (next: PlanNode, said: string) => onChange?.({ ...plan, tree: next }, said);
  const act: Act = {
    edit: (place) => setForm({ place, isNew: false }),
    add: (place) => setForm({ place, isNew: true }),
    remove: (place) => set(withoutNode(tree, place), 'The rule is removed.'),
    move: (place, how) => {
      const next = moved(tree, place, how);
      if (next) set(next.tree, 'The rule is moved.');
    },
  };
  const edited = form && !form.isNew ? nodeAt(tree, form.place) : undefined;
  return (
    <>
      <ul className={classes.tree} aria-label="Rules">
        <Branch node={tree} place={[]} tree={tree} faults={faults} act={onChange ? act : null} />
      </ul>
      {form && (form.isNew || edited) && (
        <NodeForm
          plan={plan}
          node={edited ?? {}}
          isRoot={!form.isNew && form.place.length === 0}
          isNew={form.isNew}
          onClose={() => setForm(null)}
          onSave={(node) => {
            setForm(null);
            set(form.isNew ? withAdded(tree, form.place, node) : withNode(tree, form.place, (old) => ({ ...node, ...(old.routes && { routes: old.routes }) })), form.isNew ? 'The rule is added.' : 'The rule is changed.');
          }}
        />
      )}
    </>
  );
}

type Act = { edit: (place: Place) => void; add: (place: Place) => void; remove: (place: Place) => void; move: (place: Place, how: Move) => void };
type BranchProps = { node: PlanNode; place: Place; tree: PlanNode; faults: readonly RoutingFault[]; act: Act | null };

const moves: { how: Move; words: string; icon: typeof IconArrowUp }[] = [
  { how: 'up', words: 'Move up', icon: IconArrowUp },
  { how: 'down', words: 'Move down', icon: IconArrowDown },
  { how: 'in', words: 'Put below the one before', icon: IconCornerDownRight },
  { how: 'out', words: 'Take out of the rule above', icon: IconCornerUpLeft },
];

function Branch({ node, place, tree, faults, act }: BranchProps) {
  const names = useNames();
  const { when, then } = sentence(node, names);
  const mine = faultsOfNode(faults, place);
  const called = node.name || when;
  const isRoot = place.length === 0;
  return (
    <li>
      <div className={classes.node} data-fault={mine.length > 0 || undefined}>
        <div className={classes.said}>
          {node.name && (
            <span className={classes.name}>
              <Foreign text={node.name} />
            </span>
          )}
          <Foreign text={when} /> <span className={classes.arrow}>→</span> <Foreign text={then} />
          <Faults faults={mine} at={pathOf(place)} />
        </div>
        {act && (
          <Menu position="bottom-end" shadow="md" withinPortal={false} withInitialFocusPlaceholder={false}>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={`Change the rule: ${called}`}>
                <IconDots size={18} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPencil size={15} aria-hidden />} onClick={() => act.edit(place)}>
                Edit
              </Menu.Item>
              <Menu.Item leftSection={<IconPlus size={15} aria-hidden />} onClick={() => act.add(place)}>
                Add a rule below
              </Menu.Item>
              {moves
                .filter(({ how }) => moved(tree, place, how))
                .map(({ how, words, icon: Icon }) => (
                  <Menu.Item key={how} leftSection={<Icon size={15} aria-hidden />} onClick={() => act.move(place, how)}>
                    {words}
                  </Menu.Item>
                ))}
              {!isRoot && (
                <Menu.Item leftSection={<IconTrash size={15} aria-hidden />} onClick={() => act.remove(place)}>
                  Remove{node.routes?.length ? ' with the rules below' : ''}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      {node.routes && node.routes.length > 0 && (
        <ul className={classes.tree} aria-label={`Below ${called}`}>
          {node.routes.map((child, i) => (
            <Branch key={i} node={child} place={[...place, i]} tree={tree} faults={faults} act={act} />
          ))}
        </ul>
      )}
    </li>
  );
}
