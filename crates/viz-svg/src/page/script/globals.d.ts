/** Whether the script is of a page that hides by a rule, or shows more than rows; other pages have a smaller one. */
declare const MORE: boolean;
