import { Center, Loader } from '@mantine/core';

/** While the first code of a page is on its way. */
export function Starting() {
  return (
    <Center h="100%" mih={200} role="status" aria-label="Loading">
      <Loader size="sm" aria-hidden />
    </Center>
  );
}
