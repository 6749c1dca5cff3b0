import type { components } from '../api/schema.gen';

/** Short names of the wire types of the follow-up; the only source is the OpenAPI file. */
type Schemas = components['schemas'];

export type ReplyDraft = Schemas['Draft'];
export type DraftVersion = Schemas['DraftVersion'];
export type Publication = Schemas['Publication'];
export type Suggestion = Schemas['Suggestion'];
export type Commitment = Schemas['Commitment'];
export type Clock = Schemas['Clock'];
export type Twin = Schemas['Twin'];
export type Priority = Schemas['Priority'];
export type BulkResult = Schemas['BulkResult'];
export type BulkAct = Schemas['BulkAct'];
export type Act = NonNullable<Schemas['ReviewDetail']['may']>[number];
