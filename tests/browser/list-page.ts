/** What tests of the study list find on it, and what they fill it with. */
import type { Page } from 'playwright-core';
import { storeStudies } from './pages.ts';

/** More than a page of the list. */
export const fillingStudies = 120;

export const fillList = (address: string): Promise<string[]> => storeStudies(address, 0, fillingStudies);

export const searchBox = (page: Page) => page.getByRole('searchbox');
export const studyRows = (page: Page) => page.locator('.study-table tbody tr');
export const howManyStudies = (page: Page) => page.locator('.how-many');
