/** The files that a finished run over a list has. */
export const cleanName = "clean.csv";
export const rejectsName = "rejects.csv";
export const summaryName = "summary.json";
export const resultNames = [cleanName, rejectsName, summaryName] as const;
