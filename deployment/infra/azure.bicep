// One virtual machine, its store on a managed disk. Why not a container app: deployment/README.md.

@description('Start of every name.')
@minLength(3)
@maxLength(12)
param name string = 'countersign'

param location string = resourceGroup().location

@description('https host of the service, without scheme; its DNS entry points at the address below.')
param hostName string

@allowed(['SingleTenant', 'UserAssignedMSI'])
param appType string = 'UserAssignedMSI'

@description('SingleTenant: client id of the app registration. Otherwise the identity made here.')
param appId string = ''

@description('Public addresses that may use SSH and the vault. Never everybody.')
param adminAddresses array

@description('Public SSH key of the operator; passwords are off.')
param sshPublicKey string

param vmSize string = 'Standard_B2s'

@minValue(8)
param storeGiB int = 32

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var isIdentity = appType == 'UserAssignedMSI'
var vaultName = '${name}-${take(uniqueString(resourceGroup().id), 8)}'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-identity'
  location: location
}

resource gate 'Microsoft.Network/networkSecurityGroups@2023-11-01' = {
  name: '${name}-gate'
  location: location
  properties: {
    securityRules: [
      {
        name: 'https'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '443'
        }
      }
      {
        name: 'operators'
        properties: {
          priority: 110
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefixes: adminAddresses
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '22'
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2023-11-01' = {
  name: '${name}-network'
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: ['10.20.0.0/24']
    }
    subnets: [
      {
        name: 'service'
        properties: {
          addressPrefix: '10.20.0.0/27'
          networkSecurityGroup: {
            id: gate.id
          }
          serviceEndpoints: [
            {
              service: 'Microsoft.KeyVault'
            }
          ]
        }
      }
    ]
  }
}

resource address 'Microsoft.Network/publicIPAddresses@2023-11-01' = {
  name: '${name}-address'
  location: location
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

resource card 'Microsoft.Network/networkInterfaces@2023-11-01' = {
  name: '${name}-card'
  location: location
  properties: {
    ipConfigurations: [
      {
        name: 'main'
        properties: {
          subnet: {
            id: network.properties.subnets[0].id
          }
          publicIPAddress: {
            id: address.id
          }
        }
      }
    ]
  }
}

resource store 'Microsoft.Compute/disks@2023-10-02' = {
  name: '${name}-store'
  location: location
  sku: {
    name: 'Premium_LRS'
  }
  properties: {
    creationData: {
      createOption: 'Empty'
    }
    diskSizeGB: storeGiB
    networkAccessPolicy: 'DenyAll'
    publicNetworkAccess: 'Disabled'
  }
}

resource machine 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: '${name}-machine'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    hardwareProfile: {
      vmSize: vmSize
    }
    securityProfile: {
      securityType: 'TrustedLaunch'
      uefiSettings: {
        secureBootEnabled: true
        vTpmEnabled: true
      }
    }
    osProfile: {
      computerName: name
      adminUsername: 'steward'
      linuxConfiguration: {
        disablePasswordAuthentication: true
        ssh: {
          publicKeys: [
            {
              path: '/home/steward/.ssh/authorized_keys'
              keyData: sshPublicKey
            }
          ]
        }
      }
    }
    storageProfile: {
      imageReference: {
        publisher: 'Canonical'
        offer: 'ubuntu-24_04-lts'
        sku: 'server'
        version: 'latest'
      }
      osDisk: {
        createOption: 'FromImage'
      }
      dataDisks: [
        {
          lun: 0
          createOption: 'Attach'
          deleteOption: 'Detach'
          caching: 'None'
          managedDisk: {
            id: store.id
          }
        }
      ]
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: card.id
        }
      ]
    }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: vaultName
  location: location
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'None'
      ipRules: [for one in adminAddresses: {
        value: one
      }]
      virtualNetworkRules: [
        {
          id: network.properties.subnets[0].id
        }
      ]
    }
  }
}

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, secretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2022-10-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 90
  }
}

resource vaultLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: logs.id
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

module registration 'botRegistration/azurebot.bicep' = {
  name: 'registration'
  params: {
    botName: '${name}-bot'
    displayName: 'Countersign'
    hostName: hostName
    appType: appType
    appId: isIdentity ? identity.properties.clientId : appId
    tenantId: subscription().tenantId
    identityId: identity.id
  }
}

output address string = address.properties.ipAddress
output appId string = isIdentity ? identity.properties.clientId : appId
output identityPrincipal string = identity.properties.principalId
output vault string = vault.name
