import type { Role } from '../api/types';

/**
 * What pages ask of a role before they offer it. The gateway decides; this only keeps what would be refused out of
 * the way.
 */
export type Permission = 'follow_up.configure' | 'practice.manage' | 'cases.work';

const allowed: Record<Permission, readonly Role[]> = {
  'follow_up.configure': ['administrator', 'manager'],
  'practice.manage': ['administrator', 'manager'],
  'cases.work': ['administrator', 'director', 'manager', 'responder'],
};

export const may = (role: Role, permission: Permission): boolean => allowed[permission].includes(role);
