import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { createContext, useContext, useMemo, useRef, type ReactNode } from 'react';
import type { ProblemError } from '../api/problem';

type Undo = () => void | Promise<void>;
type Toast = {
  /** Says what was done; with `undo`, offers to take it back for ten seconds. */
  done: (message: string, undo?: Undo) => void;
  failed: (title: string, problem: ProblemError) => void;
  /** Takes back the last thing that can be; false when there is none. */
  undoLast: () => boolean;
};

const ToastContext = createContext<Toast | null>(null);
const shown = 10_000;

export function ToastProvider({ children }: { children: ReactNode }) {
  const last = useRef<{ id: string; undo: Undo } | null>(null);
  const toast = useMemo<Toast>(() => {
    const undoLast = () => {
      const pending = last.current;
      if (!pending) return false;
      last.current = null;
      notifications.hide(pending.id);
      void pending.undo();
      return true;
    };
    return {
      undoLast,
      done: (message, undo) => {
        const id = notifications.show({
          autoClose: undo ? shown : 4000,
          color: 'teal',
          icon: <IconCheck size={16} aria-hidden />,
          withBorder: true,
          closeButtonProps: { 'aria-label': 'Dismiss' },
          onClose: () => {
            if (last.current?.id === id) last.current = null;
          },
          message: (
            <Group justify="space-between" wrap="nowrap" gap="xs" role="status">
              <Text size="sm">{message}</Text>
              {undo && (
                <Button size="compact-sm" variant="light" onClick={undoLast}>
                  Undo
                </Button>
              )}
            </Group>
          ),
        });
        last.current = undo ? { id, undo } : null;
      },
      failed: (title, problem) => {
        notifications.show({
          autoClose: 12_000,
          color: 'red',
          icon: <IconAlertTriangle size={16} aria-hidden />,
          withBorder: true,
          closeButtonProps: { 'aria-label': 'Dismiss' },
          title,
          message: `${problem.message} ${problem.advice}`,
        });
      },
    };
  }, []);
  return <ToastContext value={toast}>{children}</ToastContext>;
}

export function useToast(): Toast {
  const toast = useContext(ToastContext);
  if (!toast) throw new Error('ToastProvider is missing');
  return toast;
}
