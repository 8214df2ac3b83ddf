/** A number as a language writes it, with so many digits behind the decimal sign. */
export function numberIn(language: string, value: number, digits = 0): string {
  return new Intl.NumberFormat(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}
