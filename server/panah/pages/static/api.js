// Swagger UI from this server.
/* global SwaggerUIBundle */
SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // Its own badge would ask a server of somebody else's about our description.
  validatorUrl: null,
});
