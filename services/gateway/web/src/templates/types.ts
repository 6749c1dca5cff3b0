import type { components } from '../api/schema.gen';

export type Template = components['schemas']['Template'];
export type TemplateInput = components['schemas']['TemplateInput'];
export type Variable = components['schemas']['TemplateList']['variables'][number];

export const languageWords: Record<Template['language'], string> = { en: 'English', es: 'Spanish' };
