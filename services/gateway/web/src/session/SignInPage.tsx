import { Alert, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { IconAlertTriangle, IconClock } from '@tabler/icons-react';
import { useRef, useState, type FormEvent } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { api, dataOf } from '../api/client';
import { asProblem } from '../api/problem';
import { keys } from '../api/queries';
import { usePageTitle } from '../app/usePageTitle';
import { safeNext } from './next';
import classes from './SignInPage.module.css';

export function SignInPage() {
  usePageTitle('Sign in');
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const passwordField = useRef<HTMLInputElement>(null);

  const signIn = useMutation({
    mutationFn: () => dataOf(api.POST('/api/v1/session', { body: { email: email.trim(), password } })),
    onSuccess: async ({ person, organization }) => {
      // Whatever somebody else saw in this tab is gone before the next person's pages are asked for.
      client.clear();
      client.setQueryData(keys.me, { person, organization });
      await navigate(safeNext(params.get('next')), { replace: true });
    },
    onError: () => {
      setPassword('');
      passwordField.current?.focus();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!signIn.isPending) signIn.mutate();
  };

  const problem = signIn.error && asProblem(signIn.error);
  return (
    <main className={classes.page}>
      <Paper className={classes.card} radius="lg" withBorder>
        <img src="/favicon.svg" alt="" width={44} height={44} />
        <Title order={1} mt="md">
          Sign in to Bedside
        </Title>
        <Text c="dimmed" size="sm" mt={4}>
          What patients write about your practice, in one inbox.
        </Text>
        <form onSubmit={submit}>
          <Stack gap="sm" mt="lg">
            {params.get('expired') && !problem && (
              <Alert color="yellow" variant="light" icon={<IconClock size={18} aria-hidden />} role="status" classNames={{ body: classes.alert }}>
                Your session has ended. Sign in to go on where you were.
              </Alert>
            )}
            {problem && (
              <Alert color="red" variant="light" role="alert" icon={<IconAlertTriangle size={18} aria-hidden />} classNames={{ body: classes.alert }}>
                {problem.status === 401 ? problem.message : `${problem.message} ${problem.advice}`}
              </Alert>
            )}
            <TextInput
              label="E-mail"
              type="email"
              name="email"
              autoComplete="username"
              inputMode="email"
              autoCapitalize="none"
              spellCheck={false}
              required
              withAsterisk={false}
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordInput
              ref={passwordField}
              label="Password"
              name="password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password', tabIndex: 0 }}
            />
            <Button type="submit" fullWidth mt="xs" loading={signIn.isPending}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </main>
  );
}
