// The bot's registration and its Teams channel. It holds no secret.

@description('Name of the registration, unique in Azure.')
@minLength(2)
@maxLength(64)
param botName string

@description('What people read as its name.')
param displayName string

@description('https host of the service, without scheme.')
param hostName string

@allowed(['SingleTenant', 'UserAssignedMSI'])
param appType string

@description('Application (client) id: of the app registration, or of the identity.')
param appId string

@description('Entra tenant the bot lives in.')
param tenantId string

@description('Resource id of the identity; empty for SingleTenant.')
param identityId string = ''

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  name: botName
  location: 'global'
  kind: 'azurebot'
  sku: {
    name: 'F0'
  }
  properties: {
    displayName: displayName
    endpoint: 'https://${hostName}/api/messages'
    msaAppId: appId
    msaAppType: appType
    msaAppTenantId: tenantId
    msaAppMSIResourceId: appType == 'UserAssignedMSI' ? identityId : null
    disableLocalAuth: true
  }
}

resource teams 'Microsoft.BotService/botServices/channels@2022-09-15' = {
  parent: bot
  name: 'MsTeamsChannel'
  location: 'global'
  properties: {
    channelName: 'MsTeamsChannel'
    properties: {
      isEnabled: true
      enableCalling: false
      acceptedTerms: true
      deploymentEnvironment: 'CommercialDeployment'
    }
  }
}

output messagingEndpoint string = bot.properties.endpoint
