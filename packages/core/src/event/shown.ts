const mostChars = 80

/** Foreign text for an error message: quoted, cut, and on one line whatever it holds. */
export function shown(text: string): string {
  const cut = text.length > mostChars ? `${text.slice(0, mostChars)}…` : text
  return JSON.stringify(cut).replace(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** What JSON leaves raw and a terminal or a log viewer may act upon: C1 controls, line separators, direction marks. */
const unprintable = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g
