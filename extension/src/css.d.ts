/** A style sheet as text: build.mjs tells esbuild so. */
declare module '*.css' {
	const text: string;
	export default text;
}
