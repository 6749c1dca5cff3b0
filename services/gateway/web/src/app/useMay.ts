import { useMe } from '../api/queries';
import { may, type Permission } from './permissions';

/** Whether who is signed in may do something anywhere at all. */
export const useMay = (permission: Permission): boolean => may(useMe().person.role, permission);
