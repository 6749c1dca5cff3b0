import type { components } from './schema.gen';

/** Short names of the wire types; the only source is the OpenAPI file. */
type Schemas = components['schemas'];

export type Topic = Schemas['Topic'];
/** One of the eight topics, or the key of one of the organization's own. */
export type TopicKey = Schemas['TopicKey'];
export type Polarity = Schemas['Polarity'];
export type UrgentFlag = Schemas['UrgentFlag'];
export type CaseStatus = Schemas['Status'];
export type Role = Schemas['Role'];
export type Problem = Schemas['Problem'];
export type Person = Schemas['Person'];
export type Location = Schemas['Location'];
export type Me = Schemas['Me'];
export type Evidence = Schemas['Evidence'];
export type Tag = Schemas['Tag'];
export type Mention = Schemas['Mention'];
export type Review = Schemas['Review'];
export type ReviewPage = Schemas['ReviewPage'];
export type ReviewDetail = Schemas['ReviewDetail'];
export type ReviewVersion = Schemas['ReviewVersion'];
export type Note = Schemas['Note'];
export type Actor = Schemas['Actor'];
export type Facets = Schemas['Facets'];
export type FacetValue = Schemas['FacetValue'];
export type CaseEvent = Schemas['CaseEvent'];
export type Listing = Schemas['Listing'];
export type ListingInput = Schemas['ListingInput'];
export type ListingHealth = Listing['health'];
export type Import = Schemas['Import'];
export type Rejection = Schemas['Rejection'];
export type Correction = Schemas['Correction'];
export type TagInput = Schemas['TagInput'];
export type TagsChange = Schemas['TagsChange'];
export type Finding = Schemas['Finding'];
export type FindingField = Schemas['FindingField'];
export type Lexicon = Schemas['Lexicon'];
export type Term = Schemas['Term'];
export type OwnTopic = Schemas['OwnTopic'];
export type LocationPatch = Schemas['LocationPatch'];
export type ReplyFinding = Schemas['ReplyFinding'];
